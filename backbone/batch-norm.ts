import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../engine/ops/index.ts';
import type { Parameters } from './parameters.ts';

/** torch's default epsilon of batch norm; torchvision's published detectors were trained with 0. */
const BATCH_NORM_EPS = 1e-5;

/** The weight of a batch's statistics in the running ones, torch's default momentum. */
const MOMENTUM = 0.1;

/** A norm after a convolution: `name` is the layer's, before `.weight`, `.bias`, `.running_mean` and `.running_var`. */
export type Norm = (parameters: Parameters, name: string, x: tf.Tensor4D) => tf.Tensor4D;

/**
 * Batch norm with its running statistics, y = γ (x − μ) / √(σ² + ε) + β: what `eval()` does in torch, and what a
 * `FrozenBatchNorm2d` always does.
 *
 * @param x `[N, H, W, C]`
 */
function batchNorm(parameters: Parameters, name: string, x: tf.Tensor4D, eps = BATCH_NORM_EPS): tf.Tensor4D {
  const part = (which: string) => parameters.vector(`${name}.${which}`);
  return tf.batchNorm(x, part('running_mean'), part('running_var'), part('bias'), part('weight'), eps);
}

/** `batchNorm` as a `Norm`. */
export const fixedNorm =
  (eps = BATCH_NORM_EPS): Norm =>
  (parameters, name, x) =>
    batchNorm(parameters, name, x, eps);

/**
 * Batch norm with the batch's own statistics, as in torch's `train()`. Also returns the running statistics after the
 * step, by full name, which are filled in while the network is built. Their variance is the unbiased one.
 */
export function trainingNorm(): { readonly norm: Norm; readonly running: Record<string, tf.Tensor> } {
  const running: Record<string, tf.Tensor> = {};
  const norm: Norm = (parameters, name, x) => {
    const part = (which: string) => parameters.vector(`${name}.${which}`);
    const { mean, unbiased, y } = batchNormTraining(x, part('weight'), part('bias'), BATCH_NORM_EPS);
    const full = parameters.nameOf(name);
    const follow = (which: string, value: tf.Tensor) => {
      const before = part(which);
      running[`${full}.${which}`] = tf.add(tf.mul(before, 1 - MOMENTUM), tf.mul(value, MOMENTUM));
    };
    follow('running_mean', mean);
    follow('running_var', unbiased);
    return y;
  };
  return { norm, running };
}
