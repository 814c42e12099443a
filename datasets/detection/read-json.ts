import { ResnetCocoError } from '../../errors.ts';
import { readText } from './text-file.ts';

/**
 * What a JSON file holds.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET, naming the place
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ResnetCocoError('BAD_DATASET', `${path}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}
