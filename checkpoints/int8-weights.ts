import { dequantizeWeights } from '../engine/quantization/eight-bits.ts';
import { ResnetCocoError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { toFloat32 } from './to-float32.ts';

/** A weight in eight bits has its scales, one for each channel out, beside it: `conv1.weight` and `conv1.weight_scale`. */
export const scaleName = (weight: string): string => `${weight}_scale`;

/**
 * A checkpoint whose weights in eight bits are read as the numbers that they stand for: weight · scale.
 *
 * @throws ResnetCocoError BAD_MODEL, when they are read, for scales that are missing, of another shape or not positive
 */
export function dequantized(checkpoint: Checkpoint): Checkpoint {
  const tensors = new Map(checkpoint.tensors);
  for (const [name, weights] of checkpoint.tensors) {
    if (weights.dtype !== 'I8') continue;
    tensors.delete(scaleName(name));
    const bytes = () => numbersOf(checkpoint, name, weights);
    tensors.set(name, { dtype: 'F32', storedAs: 'I8', shape: weights.shape, bytes });
  }
  return { ...checkpoint, tensors };
}

function numbersOf({ file, tensors }: Checkpoint, name: string, weights: StoredTensor): Uint8Array {
  const scales = tensors.get(scaleName(name));
  const [channels = 1] = weights.shape;
  const fail = (problem: string): never => {
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${scaleName(name)}: ${problem}; quantize the model again`);
  };
  if (!scales) return fail(`is missing, but ${name} is in eight bits`);
  if (`${scales.shape}` !== `${channels}`) return fail(`is [${scales.shape}], but ${name} needs [${channels}]`);
  const byChannel = toFloat32(scales);
  const wrong = byChannel.find((scale) => !(scale > 0 && scale < Number.POSITIVE_INFINITY));
  if (wrong !== undefined) return fail(`has the scale ${wrong}, which is not a positive number`);
  return new Uint8Array(dequantizeWeights(toFloat32(weights), byChannel).buffer);
}
