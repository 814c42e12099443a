import { readFile } from 'node:fs/promises';
import { ResnetCocoError } from '../../errors.ts';

/**
 * A text file of UTF-8, a byte-order mark left out.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET where it is in another encoding
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'no such file', EISDIR: 'it is a folder' };
    const reason = reasons[cause.code ?? ''] ?? `cannot be read (${cause.code ?? cause.message})`;
    throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: ${reason}`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ResnetCocoError('BAD_DATASET', `${path}: it is not text in UTF-8; save it in that encoding`, { cause });
  }
}

/** Its lines, without the empty ones at the end. */
export const linesOf = (text: string): string[] => text.trimEnd().split(/\r?\n/);

/** Small files that are read at the same time. */
export const FILES_AT_ONCE = 32;
