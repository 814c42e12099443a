import * as v from 'valibot';
import { ResnetCocoError, shortened } from '../errors.ts';
import { shownValue } from './shown-value.ts';

/** What the schema library calls types, in words. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  null: 'null',
};

/** What is wrong with a field, without its value: in the schema's own words where it has any. */
export function problemOf({ expected, input, message, path, received, type }: v.BaseIssue<unknown>): string {
  // The issue of a strict object for an unknown key.
  if (expected === 'never') return 'no such setting';
  if (path && received === 'undefined') return 'is missing';
  if (!message.startsWith('Invalid ')) return message;
  if (/length$/.test(type)) return `must have ${countWords(expected ?? '', Array.isArray(input))}`;
  if (type === 'non_empty') return 'must not be empty';
  const choices = [...(expected ?? '').matchAll(/"[^"]*"|\w+/g)].map(([word]) => TYPES[word] ?? word);
  return `must be ${choices.length > 1 ? `one of ${choices.join(', ')}` : (choices[0] ?? 'another')}`;
}

/** `3`, `>=1`, `<=100` in words. */
function countWords(expected: string, isList: boolean): string {
  const [one, several] = isList ? ['entry', 'entries'] : ['character', 'characters'];
  const count = expected.replace('>=', 'at least ').replace('<=', 'at most ');
  return `${count} ${/\b1$/.test(count) ? one : several}`;
}

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
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue);
    const problem = shortened(problemOf(issue));
    const is = /^must/.test(problem) ? `, is ${shownValue(issue.input)}` : '';
    return fail(field ? `${shortened(field)}: ${problem}${is}` : `${problem}${is}`);
  }
  const problem = check(parsed.output);
  return problem === undefined ? parsed.output : fail(problem);
}

/**
 * Runs a check of settings whose caller gave them under other names, and puts its error into these: `clip_norm` of a
 * run's settings is the choice `clipNorm`.
 *
 * @param names by field, without the places in lists: `augmentations.brightness`
 */
export function inNamesOf<T>(names: Readonly<Record<string, string>>, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ResnetCocoError && error.code === 'BAD_CONFIG')) throw error;
    throw new ResnetCocoError(error.code, renamed(error.message, names), { cause: error });
  }
}

/** Where a check says that a field is: `training: model: config: min_size: …`, `recipe: min_size.0 is …`. */
const PLACE = /^(?:training(?:: \w+)?: config|recipe): (?=([\w.]+)(?:: |,? ))/;

function renamed(message: string, names: Readonly<Record<string, string>>): string {
  const [place, path = ''] = PLACE.exec(message) ?? [];
  const nameOf = (field: string) => (Object.hasOwn(names, field) ? names[field] : undefined);
  const parts = path.replace(/\.\d+/g, '').split('.');
  const known = parts.map((_, i) => parts.slice(0, parts.length - i).join('.')).find((field) => nameOf(field));
  // Elsewhere in the sentence, only what can be no word of it is a field.
  const rest = (text: string) => text.replace(/\b[a-z]+(?:[_.][a-z]+)+\b/g, (field) => nameOf(field) ?? field);
  if (place === undefined || known === undefined) return rest(message);
  return `${nameOf(known)}${rest(message.slice(place.length + path.length))}`;
}
