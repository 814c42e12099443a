import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable } from './flags.ts';

/** Fields of the library that have other names on the command line, with a value if the flag needs one. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  validation: 'val',
  evaluateEvery: 'eval-every',
  'images.files': 'images DIR',
  'validation.files': 'val-images DIR',
};

const flagNameOf = (field: string): string =>
  OTHER_NAMES[field] ?? field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * Rewrites an error in the words of the command line: the library's `` `valImages` ``, in backticks, becomes
 * `--val-images` if the command has such a flag. A file is named with its flag: what is wrong may be in it.
 *
 * @param values of the flags, as they were given
 */
export function inFlags(error: unknown, flags: FlagTable, values: Readonly<Record<string, unknown>> = {}): unknown {
  if (!(error instanceof ResnetCocoError)) return error;
  const message = error.message.replace(/`([a-zA-Z.]+)`/g, (text, field: string) => {
    const name = flagNameOf(field);
    const [flag] = name.split(' ');
    if (!Object.hasOwn(flags, flag)) return text;
    const { kind, value } = flags[flag] as { readonly kind: string; readonly value?: string };
    return kind === 'text' && value === 'FILE' && values[flag] !== undefined
      ? `--${name} ${values[flag]}`
      : `--${name}`;
  });
  return message === error.message ? error : new ResnetCocoError(error.code, message, { cause: error });
}
