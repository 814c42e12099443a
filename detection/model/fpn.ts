// N images, H × W positions of a feature map, C channels.
import * as tf from '@tensorflow/tfjs-core';
import { uniform } from '../../backbone/index.ts';
import { convBlock, type Layer, parametersOfLayers } from './layer.ts';

export interface FpnOptions {
  /** Channels of the backbone's maps, finest first. */
  readonly from: readonly number[];
  readonly to: number;
  /** Batch norms in the place of biases. */
  readonly norm: boolean;
}

/**
 * Feature pyramid network (Lin et al. 2017, figure 3; torchvision `ops/feature_pyramid_network.py`): each map of the
 * backbone, brought to C channels, is added to the coarser sum doubled in size, then smoothed.
 *
 * It takes maps of the backbone, finest first, `[N, H, W, C']`, and gives maps of the same sizes, `[N, H, W, C]`.
 */
export function featurePyramid(
  name: string,
  { from, norm, to }: FpnOptions,
): Layer<readonly tf.Tensor4D[], tf.Tensor4D[]> {
  const block = (kind: string, level: number, channels: number, kernel: number) =>
    // Kaiming's uniform with a = 1.
    convBlock(`${name}.${kind}.${level}`, norm, {
      ...{ from: channels, to, kernel },
      init: uniform(Math.sqrt(3 / (channels * kernel ** 2))),
    });
  const levels = from.map((channels, level) => ({
    inner: block('inner_blocks', level, channels, 1),
    layer: block('layer_blocks', level, to, 3),
  }));
  return {
    parameters: parametersOfLayers(...levels.flatMap(({ inner, layer }) => [inner, layer])),
    forward: (tensors, features, norms) => {
      const pyramid: tf.Tensor4D[] = [];
      let coarser: tf.Tensor4D | undefined;
      for (let level = features.length - 1; level >= 0; level--) {
        const { inner, layer } = levels[level];
        let sum = inner.forward(tensors, features[level], norms);
        if (coarser) {
          const [, height, width] = sum.shape;
          sum = tf.add(sum, tf.image.resizeNearestNeighbor(coarser, [height, width]));
        }
        pyramid[level] = layer.forward(tensors, sum, norms);
        coarser = sum;
      }
      return pyramid;
    },
  };
}

/** One more, coarser level: torchvision's `LastLevelMaxPool`, every other pixel. */
export const lastLevelMaxPool = (coarsest: tf.Tensor4D): tf.Tensor4D => tf.maxPool(coarsest, 1, 2, 'valid');
