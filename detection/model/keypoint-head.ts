// R regions, P × P positions of a pooled region, S × S of a heatmap (four times P), C channels, K joints.
import * as tf from '@tensorflow/tfjs-core';
import { convolution, type Layer, parametersOfLayers, transposedConvolution } from './layer.ts';

export interface KeypointHeadOptions {
  readonly channels: number;
  /** Channels of the 3×3 convolutions. */
  readonly convLayers: readonly number[];
  readonly joints: number;
}

/**
 * Finds the joints of the person in each region (He et al. 2017, Mask R-CNN, section 5; torchvision `keypoint_rcnn.py:
 * KeypointRCNNHeads, KeypointRCNNPredictor`): from what is pooled, `[R, P, P, C]`, to heatmaps `[R, S, S, K]`.
 */
export function keypointHead(
  name: string,
  { channels, convLayers, joints }: KeypointHeadOptions,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  // In torchvision's sequence each ReLU takes a number too.
  const convs = convLayers.map((to, i) =>
    convolution(`${name}.keypoint_head.${2 * i}`, { from: convLayers[i - 1] ?? channels, to, kernel: 3 }),
  );
  const from = convLayers[convLayers.length - 1] ?? channels;
  const doubled = transposedConvolution(`${name}.keypoint_predictor.kps_score_lowres`, { from, to: joints, kernel: 4 });
  return {
    parameters: parametersOfLayers(...convs, doubled),
    forward: (tensors, regions) => {
      const maps = convs.reduce((map, conv) => tf.relu(conv.forward(tensors, map)), regions);
      return doubledBilinear(doubled.forward(tensors, maps));
    },
  };
}

/**
 * Twice as many rows and columns by bilinear interpolation (`align_corners=False`): as a product with a constant matrix on
 * either side, which every engine has and differentiates. `[R, S, S, K]` to `[R, 2S, 2S, K]`.
 */
function doubledBilinear(maps: tf.Tensor4D): tf.Tensor4D {
  const [, side, , joints] = maps.shape;
  const weights = tf.tensor2d(doublingWeights(side), [2 * side, side]);
  const rows = tf.reshape(maps, [-1, side, side * joints]);
  const tall = tf.reshape(multiplied(weights, rows), [-1, side, joints]);
  return tf.reshape(multiplied(weights, tall), [-1, 2 * side, 2 * side, joints]);
}

/** `[A, B]` times each of `[R, B, C]`. */
function multiplied(matrix: tf.Tensor2D, maps: tf.Tensor): tf.Tensor {
  const [, rows, columns] = maps.shape;
  const flat = tf.reshape(tf.transpose(maps, [0, 2, 1]), [-1, rows]) as tf.Tensor2D;
  const products = tf.reshape(tf.matMul(flat, matrix, false, true), [-1, columns, matrix.shape[0]]);
  return tf.transpose(products, [0, 2, 1]);
}

/** Of each new row, the shares of the old ones: 3/4 of the nearest and 1/4 of the next, at the edges all of one. */
function doublingWeights(side: number): Float32Array {
  const weights = new Float32Array(2 * side * side);
  for (let row = 0; row < 2 * side; row++) {
    const nearest = row >> 1;
    const next = Math.min(Math.max(nearest + (row % 2 ? 1 : -1), 0), side - 1);
    weights[row * side + nearest] += 0.75;
    weights[row * side + next] += 0.25;
  }
  return weights;
}
