import * as v from 'valibot';
import { ResnetCocoError, shortened } from '../errors.ts';

/** Checks `value` against `schema` and `check`, which returns the problem, if any. */
export function parseConfig<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
  source: string,
  check: (config: T) => string | undefined,
): T {
  const parsed = v.safeParse(schema, value);
  const fail = (problem: string): never => {
    throw new ResnetCocoError('BAD_CONFIG', `${source}: config: ${problem}`);
  };
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const field = v.getDotPath(issue);
    // The issue of a strict object for an unknown key.
    const message = issue.type === 'strict_object' && issue.expected === 'never' ? 'no such setting' : issue.message;
    const value = typeof issue.input === 'number' && issue.type === 'check' ? `, is ${issue.input}` : '';
    return fail(field ? `${shortened(field)}: ${shortened(message)}${value}` : shortened(message));
  }
  const problem = check(parsed.output);
  return problem === undefined ? parsed.output : fail(problem);
}
