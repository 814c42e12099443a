import * as tf from '@tensorflow/tfjs-core';

/**
 * The gradients of a dilated convolution by its input and by its filter. tfjs's own gradient kernels take no dilation;
 * these take the additional attribute `dilations`.
 */
export const DILATED_INPUT_GRADIENT = 'DilatedConv2DBackpropInput';
export const DILATED_FILTER_GRADIENT = 'DilatedConv2DBackpropFilter';

/**
 * A convolution whose channels are in groups that do not see each other, and its gradients. tfjs has none; these take
 * the additional attribute `groups`, and a filter `[k, k, C / groups, C']`.
 */
export const GROUPED_CONV2D = 'GroupedConv2D';
export const GROUPED_INPUT_GRADIENT = 'GroupedConv2DBackpropInput';
export const GROUPED_FILTER_GRADIENT = 'GroupedConv2DBackpropFilter';

/**
 * Convolution with torch's symmetric padding of `dilation · (k − 1) / 2` pixels, for odd kernels. tfjs's `'same'` pads
 * asymmetrically at stride 2, which does not fit torch's weights.
 *
 * @param x `[N, H, W, C]`
 * @param filter `[k, k, C / groups, C']`
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride = 1, dilation = 1, groups = 1): tf.Tensor4D {
  const padding = (dilation * (filter.shape[0] - 1)) / 2;
  if (groups > 1 && stride === 1) return grouped(x, filter, { strides: 1, pad: 'same', dilations: dilation, groups });
  if (stride === 1) return tf.conv2d(x, filter, 1, 'same', 'NHWC', dilation);
  const edge: [number, number] = [padding, padding];
  const padded = padding ? tf.pad(x, [[0, 0], edge, edge, [0, 0]]) : x;
  if (groups > 1) return grouped(padded, filter, { strides: stride, pad: 'valid', dilations: dilation, groups });
  if (dilation === 1) return tf.conv2d(padded, filter, stride, 'valid');
  // `tf.conv2d` refuses stride and dilation together; the kernels of all backends support both.
  const attributes = { strides: stride, pad: 'valid', dataFormat: 'NHWC', dilations: dilation };
  return tf.engine().runKernel('Conv2D', { x: padded, filter }, attributes);
}

/** Attributes of the kernels of grouped convolutions. */
export interface GroupedAttributes {
  readonly strides: number;
  readonly pad: 'same' | 'valid';
  readonly dilations: number;
  readonly groups: number;
}

const grouped = (x: tf.Tensor4D, filter: tf.Tensor4D, attributes: GroupedAttributes): tf.Tensor4D =>
  tf.engine().runKernel(GROUPED_CONV2D, { x, filter }, { ...attributes });
