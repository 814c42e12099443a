import type { Weights } from '../engine/index.ts';
import { FORMAT } from './model-file.ts';
import { writeSafetensors } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';

/**
 * Writes a self-describing model file in single precision.
 *
 * @param config everything needed to rebuild the model
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeModel(file: string, config: object, weights: Weights): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { data, shape }] of Object.entries(weights)) {
    const bytes = () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    tensors.set(name, { dtype: 'F32', shape, bytes });
  }
  await writeSafetensors(file, tensors, { format: FORMAT, config: JSON.stringify(config) });
}
