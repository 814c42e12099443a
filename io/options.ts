/** The public door: callers of JavaScript, and those who misspell, learn which option is wrong and what it may be. */
import { ResnetCocoError } from '../errors.ts';
import { similarName } from './nearest.ts';
import { filePath } from './regular-file.ts';
import { shownValue } from './shown-value.ts';

const KINDS = {
  boolean: ['true or false', (value: unknown) => typeof value === 'boolean'],
  number: ['a number', (value: unknown) => typeof value === 'number'],
  text: ['a string', (value: unknown) => typeof value === 'string'],
  path: ['a path or a file: URL', (value: unknown): boolean => typeof value === 'string' || value instanceof URL],
  list: ['a list', Array.isArray],
  object: ['an object', (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)],
  function: ['a function', (value: unknown) => typeof value === 'function'],
  signal: ['an AbortSignal', (value: unknown) => value instanceof AbortSignal],
  /** What the function itself checks. */
  checked: ['', () => true],
} as const satisfies Readonly<Record<string, readonly [wanted: string, isSo: (value: unknown) => boolean]>>;

/** What an option must be: of a kind, or one of several words. */
export type OptionKind = keyof typeof KINDS | readonly string[];

/** What each option of type T must be. The compiler sees that none is missing. */
export type OptionKinds<T> = { readonly [Name in keyof T]-?: OptionKind };

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

/**
 * Checks the options that a public function was called with.
 *
 * @param call what was called, for errors
 * @param needed options that must be given
 * @throws ResnetCocoError USAGE naming an option that there is not, and the nearest; or one that is missing or of another
 *   kind, with its value
 */
export function checkOptions<T extends object>(
  call: string,
  options: T,
  kinds: OptionKinds<T>,
  needed: readonly (keyof T & string)[] = [],
): void {
  checkArgument(call, 'its options', options, 'object');
  const names = Object.keys(kinds);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) throw unknownOption(call, name, names);
    if (value !== undefined) checkArgument(call, `\`${name}\``, value, kinds[name as keyof T]);
  }
  for (const name of needed) {
    if (options[name] === undefined) throw usage(`${call}: \`${name}\` is missing; it must be ${wanted(kinds[name])}`);
  }
}

/** The error for an option that there is not. */
export function unknownOption(call: string, name: string, known: readonly string[]): ResnetCocoError {
  const similar = similarName(name, known);
  const remedy = similar === undefined ? `known are ${known.join(', ')}` : `did you mean \`${similar}\`?`;
  return usage(`${call}: there is no option \`${name}\`; ${remedy}`);
}

/**
 * Checks one argument of a public function.
 *
 * @param what names it in errors
 * @throws ResnetCocoError USAGE where it is of another kind
 */
export function checkArgument(call: string, what: string, value: unknown, kind: OptionKind): void {
  const isSo = typeof kind === 'string' ? KINDS[kind][1](value) : kind.includes(value as string);
  if (!isSo) throw usage(`${call}: ${what} must be ${wanted(kind)}, is ${shownValue(value)}`);
}

function wanted(kind: OptionKind): string {
  if (typeof kind === 'string') return KINDS[kind][0] || 'given';
  return kind.length > 1 ? `${kind.slice(0, -1).join(', ')} or ${kind.at(-1)}` : `${kind[0]}`;
}

/**
 * The path that an argument names.
 *
 * @throws ResnetCocoError USAGE where it is none; FILE_NOT_FOUND for a URL of something else than a local file
 */
export function pathArgument(call: string, what: string, value: string | URL): string {
  checkArgument(call, what, value, 'path');
  return filePath(value);
}
