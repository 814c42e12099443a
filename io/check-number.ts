import { ResnetCocoError } from '../errors.ts';
import { shownValue } from './shown-value.ts';

/** @throws ResnetCocoError USAGE for an option that is given, and no number from `least` to `most` */
export function checkNumber(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  isWhole = false,
): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value))) return;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  const wanted = `${isWhole ? 'a whole number' : 'a number'} ${range}`;
  throw new ResnetCocoError('USAGE', `${name} must be ${wanted}, is ${shownValue(value)}`);
}
