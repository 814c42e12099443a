import * as tf from '@tensorflow/tfjs-core';

/**
 * Average over `size`×`size` windows, with as much padding after the last pixel as the last window needs. Padding does
 * not count: torch's `avg_pool2d` with `ceil_mode` and without `count_include_pad`.
 *
 * @param x `[N, H, W, C]`
 */
export const averagePool = (x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D =>
  tf.avgPool(x, size, stride, 'same');
