import { ResnetCocoError } from '../errors.ts';

/**
 * What a model computed, where all of it is finite: finite weights may still overflow, and NaN would pass for "nothing".
 *
 * @throws ResnetCocoError BAD_MODEL
 */
export function finiteOutputs(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new ResnetCocoError(
      'BAD_MODEL',
      `the model computes ${values[i]}, which is no finite number: its weights are damaged or too large; take another file`,
    );
  }
  return values;
}
