import { echoed, Problem } from './problem.ts';

/** The number that a parameter names; undefined without one. @throws BAD_REQUEST when it is none or out of range */
export function numberOf(name: string, value: unknown, min: number, max: number, isWhole: boolean): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' ? Number(/^[\d.eE+-]+$/.test(value) ? value : Number.NaN) : value;
  if (typeof number === 'number' && number >= min && number <= max && (!isWhole || Number.isInteger(number)))
    return number;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new Problem('BAD_REQUEST', `${name} must be ${kind} from ${min} to ${max}, not ${echoed(value)}`);
}
