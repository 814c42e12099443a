// N images, H × W positions of a feature map, C channels.
import * as tf from '@tensorflow/tfjs-core';
import { fixedNorm, type Norm, type Parameters } from '../../backbone/layers.ts';
import { conv2d } from '../../engine/ops/index.ts';

/** A convolution with a bias, or with a batch norm in its place: torchvision's `Conv2dNormActivation`. */
export function convBlock(parameters: Parameters, name: string, x: tf.Tensor4D, norm: Norm = fixedNorm()): tf.Tensor4D {
  const y = conv2d(x, parameters.filter(`${name}.0.weight`));
  if (parameters.has(`${name}.1.running_mean`)) return norm(parameters, `${name}.1`, y);
  return tf.add(y, parameters.vector(`${name}.0.bias`));
}

/**
 * Feature pyramid network (Lin et al. 2017, figure 3; torchvision `ops/feature_pyramid_network.py`): each map of the
 * backbone, brought to C channels, is added to the coarser sum doubled in size, then smoothed.
 *
 * @param features of the backbone, finest first, `[N, H, W, C']`
 * @returns maps of the same sizes, `[N, H, W, C]`
 */
export function featurePyramid(parameters: Parameters, features: readonly tf.Tensor4D[], norm?: Norm): tf.Tensor4D[] {
  const pyramid: tf.Tensor4D[] = [];
  let coarser: tf.Tensor4D | undefined;
  for (let level = features.length - 1; level >= 0; level--) {
    let sum = convBlock(parameters, `inner_blocks.${level}`, features[level], norm);
    if (coarser) {
      const [, height, width] = sum.shape;
      sum = tf.add(sum, tf.image.resizeNearestNeighbor(coarser, [height, width]));
    }
    pyramid[level] = convBlock(parameters, `layer_blocks.${level}`, sum, norm);
    coarser = sum;
  }
  return pyramid;
}

/** One more, coarser level, for the RPN alone: torchvision's `LastLevelMaxPool`, every other pixel. */
export const lastLevelMaxPool = (coarsest: tf.Tensor4D): tf.Tensor4D => tf.maxPool(coarsest, 1, 2, 'valid');
