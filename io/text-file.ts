import { ResnetCocoError } from '../errors.ts';
import { readBytes } from './regular-file.ts';
import { decodeText } from './text-encoding.ts';

/** No image list, label file or annotation is longer. */
const MAX_BYTES = 2 ** 27;

/**
 * Reads a text file without its byte-order mark.
 *
 * @param decode by default UTF-8 and UTF-16
 * @throws ResnetCocoError FILE_NOT_FOUND when the file is missing
 * @throws ResnetCocoError BAD_DATASET when it is too long or in another encoding
 */
export async function readText(path: string, decode = decodeText): Promise<string> {
  const bytes = await readBytes(path, { maxBytes: MAX_BYTES, code: 'BAD_DATASET' });
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ResnetCocoError('BAD_DATASET', `${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The lines of a text, without blank lines at the end. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
}

/** Number of small files read at the same time. */
export const FILES_AT_ONCE = 32;
