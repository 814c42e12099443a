import { basename, dirname, join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { readSettingsFile } from '../io/json/settings-file.ts';
import { shownValue } from '../io/shown-value.ts';

/** Whether a path is of the index of a model whose tensors are in several files. */
export const isIndex = (file: string): boolean => file.endsWith('.index.json');

/**
 * Reads the index of a model whose tensors are in several files, as transformers writes it beside them.
 *
 * @returns the path of each tensor's file
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_CONFIG when it is not JSON; BAD_CHECKPOINT when it is no index
 */
export async function readIndex(index: string): Promise<ReadonlyMap<string, string>> {
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_CHECKPOINT', `${index}: ${problem}`);
  };
  const { weight_map: map } = (await readSettingsFile(index)) as { readonly weight_map?: unknown };
  if (typeof map !== 'object' || map === null || !Object.keys(map).length) {
    return bad(`not an index of weights: weight_map is ${shownValue(map)}; expected a file name for each tensor`);
  }
  const paths = Object.entries(map).map(([name, file]): [string, string] => {
    // The files lie beside the index; a path would lead elsewhere.
    if (typeof file !== 'string' || file !== basename(file) || file.includes('\\') || isIndex(file)) {
      return bad(`weight_map: ${shownValue(name)}: must be the name of a file beside it, is ${shownValue(file)}`);
    }
    return [name, join(dirname(index), file)];
  });
  return new Map(paths);
}
