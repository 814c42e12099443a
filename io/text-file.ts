import { ResnetCocoError } from '../errors.ts';
import { readBytes } from './regular-file.ts';
import { decodeText } from './text-encoding.ts';

/** No list, label file or annotation of one image is longer. */
const MAX_BYTES = 2 ** 27;

/**
 * A text file, a byte-order mark left out.
 *
 * @param decode tells the encoding: UTF-8 and UTF-16 by default
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET where it is too long or in another encoding
 */
export async function readText(path: string, decode = decodeText): Promise<string> {
  const bytes = await readBytes(path, { maxBytes: MAX_BYTES, code: 'BAD_DATASET' });
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ResnetCocoError('BAD_DATASET', `${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Its lines, as they stand, without the blank ones at the end. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
}

/** Small files that are read at the same time. */
export const FILES_AT_ONCE = 32;
