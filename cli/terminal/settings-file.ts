import { ResnetCocoError } from '../../errors.ts';
import { structureProblem } from '../../io/json/json-keys.ts';
import { readBytes } from '../../io/regular-file.ts';
import { decodeText } from '../../io/text-encoding.ts';

/** Settings are a few lines. */
const MAX_BYTES = 2 ** 20;

/**
 * Reads settings from a file of JSON.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_CONFIG for what is no JSON, or has a key twice
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
