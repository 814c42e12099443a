import * as tf from '@tensorflow/tfjs-core';

/** The lowest float32: padding that never wins a maximum. */
export const LOWEST = -3.4028234663852886e38;

/**
 * Maximum over `size`×`size` windows, with `padding` pixels of the lowest float on all sides (torch's `max_pool2d`).
 * tfjs's own padding is not symmetric, so the padding is explicit.
 *
 * @param x `[N, H, W, C]`
 */
export function maxPool(x: tf.Tensor4D, size: number, stride: number, padding: number): tf.Tensor4D {
  const edge: [number, number] = [padding, padding];
  const padded = padding ? tf.pad(x, [[0, 0], edge, edge, [0, 0]], LOWEST) : x;
  return tf.maxPool(padded, size, stride, 'valid');
}
