import { readFile } from 'node:fs/promises';
import { ResnetCocoError } from '../errors.ts';

/**
 * Reads settings from a file of JSON.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_CONFIG for what is no JSON
 */
export async function readSettingsFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: cannot be read: ${cause.message}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ResnetCocoError('BAD_CONFIG', `${path}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}
