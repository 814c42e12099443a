import type { Weights } from '../engine/index.ts';
import { checkArgument, pathArgument } from '../io/options.ts';
import { FORMAT } from './model-file.ts';
import { writeSafetensors } from './safetensors.ts';
import { type StoredTensor, storedArray } from './stored-tensor.ts';

/**
 * Writes a self-describing model file in single precision.
 *
 * @param config everything needed to rebuild the model
 * @throws ResnetCocoError USAGE for arguments of another kind; FILE_NOT_WRITABLE
 */
export async function writeModel(file: string | URL, config: object, weights: Weights): Promise<void> {
  const path = pathArgument('writeModel', 'the file', file);
  checkArgument('writeModel', 'the configuration', config, 'object');
  checkArgument('writeModel', 'the weights', weights, 'object');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { data, shape }] of Object.entries(weights)) {
    tensors.set(name, storedArray('F32', shape, data));
  }
  await writeSafetensors(path, tensors, { format: FORMAT, config: JSON.stringify(config) });
}
