// R proposals, P × P positions of a pooled region, C channels, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import type { Norm, Parameters } from '../../backbone/layers.ts';
import { convBlock } from './fpn.ts';

/** What the box head says of each proposal: class logits `[R, K]` and deltas for every class `[R, 4K]`. */
export interface BoxOutput {
  readonly logits: tf.Tensor2D;
  readonly deltas: tf.Tensor2D;
}

function linear(parameters: Parameters, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const product: tf.Tensor2D = tf.matMul(x, parameters.matrix(`${name}.weight`), false, true);
  return tf.add(product, parameters.vector(`${name}.bias`));
}

/**
 * Classifies proposals and refines their boxes (Girshick 2015; torchvision `faster_rcnn.py: TwoMLPHead`, or
 * `FastRCNNConvFCHead` where `convLayers` is not 0, then `FastRCNNPredictor`).
 *
 * @param pooled `[R, P, P, C]`
 */
export function boxHead(parameters: Parameters, convLayers: number, pooled: tf.Tensor4D, norm?: Norm): BoxOutput {
  let x = pooled;
  for (let i = 0; i < convLayers; i++) x = tf.relu(convBlock(parameters, `box_head.${i}`, x, norm));
  // torch flattens channel by channel.
  const [, height, width, channels] = x.shape;
  let hidden: tf.Tensor2D = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [-1, height * width * channels]);
  for (const name of convLayers ? [`${convLayers + 1}`] : ['fc6', 'fc7']) {
    hidden = tf.relu(linear(parameters, `box_head.${name}`, hidden));
  }
  return {
    logits: linear(parameters, 'box_predictor.cls_score', hidden),
    deltas: linear(parameters, 'box_predictor.bbox_pred', hidden),
  };
}
