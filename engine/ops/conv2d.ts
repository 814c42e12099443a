import * as tf from '@tensorflow/tfjs-core';

/**
 * Convolution with torch's symmetric padding of `(k − 1) / 2` pixels, for odd kernels. tfjs's `'same'` pads
 * asymmetrically at stride 2, which would not fit torch's weights.
 *
 * @param x `[N, H, W, C]`
 * @param filter `[k, k, C, C']`
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride = 1): tf.Tensor4D {
  const padding = (filter.shape[0] - 1) / 2;
  if (stride === 1 || padding === 0) return tf.conv2d(x, filter, stride, stride === 1 ? 'same' : 'valid');
  const edge: [number, number] = [padding, padding];
  return tf.conv2d(tf.pad(x, [[0, 0], edge, edge, [0, 0]]), filter, stride, 'valid');
}
