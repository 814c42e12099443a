import { ResnetCocoError } from '../../errors.ts';
import { decodeText, hasMark } from '../../io/text-encoding.ts';

/** Single characters that lists of one-letter names do not have, and that UTF-16 leaves alone between NUL bytes. */
const TELLTALE = /^[./\\\r\n]$/;
const FEWEST = 4;

/**
 * The paths in a list on stdin: one a line, or separated by NUL characters as `find -print0` does. Text of UTF-8, or of
 * UTF-16 as Windows writes it, told by its byte-order mark, or by the NUL bytes beside each letter.
 *
 * @throws ResnetCocoError USAGE for text of another encoding with a byte-order mark, or damaged text
 */
export function listedPaths(bytes: Uint8Array): readonly string[] {
  const text = hasMark(bytes) || looksLikeUtf16(bytes) ? decoded(bytes) : Buffer.from(bytes).toString('utf8');
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((path) => path !== '');
}

function decoded(bytes: Uint8Array): string {
  // Of UTF-8, whose mark leaves NUL characters between the paths what they are.
  if (Buffer.from(bytes.subarray(0, 3)).toString('hex') === 'efbbbf')
    return Buffer.from(bytes.subarray(3)).toString('utf8');
  try {
    return decodeText(bytes);
  } catch (cause) {
    throw new ResnetCocoError('USAGE', `the list on stdin: ${(cause as Error).message}`, { cause });
  }
}

/** UTF-16 without a mark would be a list of files with names of one letter, `.` among them: the folder itself. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const parts = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').split('\0');
  const names = parts.filter((part) => part !== '');
  const letters = names.filter(({ length }) => length === 1);
  return names.length >= FEWEST && 2 * letters.length > names.length && letters.some((name) => TELLTALE.test(name));
}
