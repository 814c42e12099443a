// N images, H × W positions of a feature map, C channels, G groups of them.
import * as tf from '@tensorflow/tfjs-core';
import { biasPlan, constant } from '../../../backbone/index.ts';
import type { Layer } from '../layer.ts';

/** Groups of channels, as torchvision's RetinaNet has them. */
export const NORM_GROUPS = 32;

/** torch's default epsilon. */
const EPSILON = 1e-5;

/**
 * Group norm (Wu and He 2018, equation 7): y = γ (x − μ) / √(σ² + ε) + β, with mean and variance of each group of
 * channels of an image, over all positions.
 *
 * Maps are only averaged over positions, and scaled and shifted by channel, so that they keep the layout that
 * convolutions want: what is computed by group has no positions any more.
 */
export function groupNorm(name: string, channels: number): Layer<tf.Tensor4D, tf.Tensor4D> {
  const size = channels / NORM_GROUPS;
  /** The means of groups, at each of their channels: `[N, H, W, C]` gives `[N, 1, 1, C]`. */
  const groupMeans = (map: tf.Tensor4D): tf.Tensor4D => {
    const groups = tf.reshape(tf.mean(map, [1, 2]), [-1, NORM_GROUPS, size]);
    const repeated = tf.mul(tf.mean(groups, 2, true), tf.ones([1, 1, size]));
    return tf.reshape(repeated, [-1, 1, 1, channels]);
  };
  return {
    parameters: [
      { name: `${name}.weight`, shape: [channels], init: constant(1), trained: true },
      biasPlan(name, channels),
    ],
    forward: (tensors, x) => {
      const apart: tf.Tensor4D = tf.sub(x, groupMeans(x));
      const scale = tf.mul(tf.rsqrt(tf.add(groupMeans(tf.square(apart)), EPSILON)), tensors.vector(`${name}.weight`));
      return tf.add(tf.mul(apart, scale), tensors.vector(`${name}.bias`));
    },
  };
}
