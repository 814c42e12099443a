import { ResnetCocoError } from '../../errors.ts';
import { decodeText, hasMark } from '../../io/text-encoding.ts';

/** Characters that stand alone between NUL bytes in UTF-16, and that are not names of files. */
const TELLTALE = /^[./\\\r\n]$/;
const FEWEST = 4;

/**
 * The paths in a list on stdin: one per line, or separated by NUL characters as `find -print0` writes them. The text is
 * UTF-8, or UTF-16 as Windows writes it, recognized by its byte-order mark or by a NUL byte beside each letter.
 *
 * @throws USAGE when the text is damaged, or its byte-order mark is of another encoding
 */
export function listedPaths(bytes: Uint8Array): readonly string[] {
  const text = hasMark(bytes) || looksLikeUtf16(bytes) ? decoded(bytes) : Buffer.from(bytes).toString('utf8');
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((path) => path !== '');
}

function decoded(bytes: Uint8Array): string {
  // UTF-8 with a byte-order mark: NUL characters between the paths are kept.
  if (Buffer.from(bytes.subarray(0, 3)).toString('hex') === 'efbbbf')
    return Buffer.from(bytes.subarray(3)).toString('utf8');
  try {
    return decodeText(bytes);
  } catch (cause) {
    throw new ResnetCocoError('USAGE', `the list on stdin: ${(cause as Error).message}`, { cause });
  }
}

/** Whether the bytes look like UTF-16 without a mark. Read as UTF-8, most of its paths would be single letters. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const parts = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').split('\0');
  const names = parts.filter((part) => part !== '');
  const letters = names.filter(({ length }) => length === 1);
  return names.length >= FEWEST && 2 * letters.length > names.length && letters.some((name) => TELLTALE.test(name));
}
