import { readFile } from 'node:fs/promises';
import { ResnetCocoError } from '../../errors.ts';
import { decodeText } from './text-encoding.ts';

/**
 * A text file, a byte-order mark left out.
 *
 * @param decode tells the encoding: UTF-8 and UTF-16 by default
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET where it is in another encoding
 */
export async function readText(path: string, decode = decodeText): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'no such file', EISDIR: 'it is a folder' };
    const reason = reasons[cause.code ?? ''] ?? `cannot be read (${cause.code ?? cause.message})`;
    throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: ${reason}`, { cause });
  });
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
