import * as tf from '@tensorflow/tfjs-core';
import { conv2d } from './conv2d.ts';

/**
 * `conv2d` of stride 2 on maps of any size. The compiled gradient of a strided convolution depends on whether the stride
 * divides the map's sides, and one graph serves all sizes. So the gradient here is that of the convolution of stride 1,
 * of which every other pixel is taken.
 *
 * @param x `[N, H, W, C]`
 * @param filter `[k, k, C, C']`
 */
export function halvingConv2d(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const halving = tf.customGrad((...operands) => {
    const [map, weights, save] = operands as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([map, weights]);
    return { value: conv2d(map, weights, 2), gradFunc: (dy, saved) => gradients(dy, saved as tf.Tensor4D[]) };
  });
  return halving(x, filter) as tf.Tensor4D;
}

function gradients(dy: tf.Tensor, [x, filter]: tf.Tensor4D[]): tf.Tensor[] {
  const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor =>
    tf.engine().runKernel(kernel, inputs, { ...attributes });
  // Only the size of this map counts, and the places that the pooling took.
  const input = conv2d(x, filter);
  const output: tf.Tensor4D = tf.maxPool(input, 1, 2, 'valid');
  const apart = run('MaxPoolGrad', { dy, input, output }, { filterSize: 1, strides: 2, pad: 'valid' });
  const convolution = { strides: 1, pad: 'same', dataFormat: 'NHWC' };
  return [
    run('Conv2DBackpropInput', { dy: apart, filter }, { ...convolution, inputShape: x.shape }),
    run('Conv2DBackpropFilter', { x, dy: apart }, { ...convolution, filterShape: filter.shape }),
  ];
}
