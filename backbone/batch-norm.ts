import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from './parameters.ts';

/** torch's default epsilon of batch norm; torchvision's published detectors were trained with 0. */
export const BATCH_NORM_EPS = 1e-5;

/**
 * Batch norm with its running statistics, y = γ (x − μ) / √(σ² + ε) + β: what `eval()` does in torch, and what a
 * `FrozenBatchNorm2d` always does.
 *
 * @param x `[N, H, W, C]`
 * @param name the layer's, before `.weight`, `.bias`, `.running_mean` and `.running_var`
 */
export function batchNorm(parameters: Parameters, name: string, x: tf.Tensor4D, eps = BATCH_NORM_EPS): tf.Tensor4D {
  const part = (which: string) => parameters.vector(`${name}.${which}`);
  return tf.batchNorm(x, part('running_mean'), part('running_var'), part('bias'), part('weight'), eps);
}
