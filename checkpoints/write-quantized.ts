import { dequantizeWeights, type HostTensor, quantizeWeights, type Weights } from '../engine/index.ts';
import { scaleName } from './int8-weights.ts';
import { FORMAT } from './model-file.ts';
import { writeSafetensors } from './safetensors.ts';
import { type StoredTensor, storedArray } from './stored-tensor.ts';

/**
 * Writes a model file with some weights in eight bits, each beside its scales, and the others in single precision.
 *
 * @param parameters names of the weights in eight bits
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeQuantized(
  file: string,
  config: object,
  weights: Weights,
  parameters: ReadonlySet<string>,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { data, shape }] of Object.entries(weights)) {
    if (!parameters.has(name)) {
      tensors.set(name, storedArray('F32', shape, data));
      continue;
    }
    const { data: bytes, scales } = quantizeWeights(data as Float32Array, shape[0]);
    tensors.set(name, storedArray('I8', shape, bytes));
    tensors.set(scaleName(name), storedArray('F32', [shape[0]], scales));
  }
  await writeSafetensors(file, tensors, { format: FORMAT, config: JSON.stringify(config) });
}

/** The weights as a file that `writeQuantized` writes has them. */
export function asQuantized(weights: Weights, parameters: ReadonlySet<string>): Weights {
  const rounded = ([name, tensor]: [string, HostTensor]): [string, HostTensor] => {
    if (!parameters.has(name)) return [name, tensor];
    const { data: bytes, scales } = quantizeWeights(tensor.data as Float32Array, tensor.shape[0]);
    return [name, { ...tensor, data: dequantizeWeights(bytes, scales) }];
  };
  return Object.fromEntries(Object.entries(weights).map(rounded));
}
