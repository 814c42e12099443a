import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable } from './flags.ts';

/** Fields of the library that the command line has under names of its own, with a value that makes them plain. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  validation: 'val',
  'images.files': 'images DIR',
  'validation.files': 'val-images DIR',
};

const flagNameOf = (field: string): string =>
  OTHER_NAMES[field] ?? field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * An error in the words of the command line: what the library calls `` `valImages` ``, with backticks, is `--val-images`
 * where the command has such a flag.
 */
export function inFlags(error: unknown, flags: FlagTable): unknown {
  if (!(error instanceof ResnetCocoError)) return error;
  const message = error.message.replace(/`([a-zA-Z.]+)`/g, (text, field: string) => {
    const name = flagNameOf(field);
    return Object.hasOwn(flags, name.split(' ')[0]) ? `--${name}` : text;
  });
  return message === error.message ? error : new ResnetCocoError(error.code, message, { cause: error });
}
