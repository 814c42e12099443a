import { ResnetCocoError } from '../errors.ts';

/**
 * Checks that a model's output is finite: finite weights may still overflow, and NaN would look like "no objects".
 *
 * @throws ResnetCocoError BAD_MODEL
 */
export function finiteOutputs(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new ResnetCocoError(
      'BAD_MODEL',
      `the model computes ${values[i]}, which is not a finite number: its weights are damaged or too large; use another file`,
    );
  }
  return values;
}
