import { ResnetCocoError } from '../../errors.ts';
import { readBytes } from '../regular-file.ts';
import { decodeText } from '../text-encoding.ts';
import { structureProblem } from './json-keys.ts';

/** A settings file has a few lines, or the names of tens of thousands of classes. */
const MAX_BYTES = 2 ** 24;

/**
 * Reads settings from a JSON file.
 *
 * @throws FILE_NOT_FOUND when there is no such file
 * @throws BAD_CONFIG when it is not JSON, or has a key twice
 */
export async function readSettingsFile(path: string): Promise<unknown> {
  const bytes = await readBytes(path, { maxBytes: MAX_BYTES, code: 'BAD_CONFIG' });
  try {
    const text = decodeText(bytes);
    const problem = structureProblem(text);
    if (problem !== undefined) throw new ResnetCocoError('BAD_CONFIG', `${path}: ${problem}`);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof ResnetCocoError) throw cause;
    throw new ResnetCocoError('BAD_CONFIG', `${path}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}
