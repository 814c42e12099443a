// N images, H × W positions, A anchors a position.
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../backbone/layers.ts';
import { conv2d } from '../../engine/ops/index.ts';
import { convBlock } from './fpn.ts';

/** What the RPN says of one level: logits `[N, H, W, A]` and deltas `[N, H, W, 4A]`, anchor by anchor. */
export interface RpnOutput {
  readonly objectness: tf.Tensor4D;
  readonly deltas: tf.Tensor4D;
}

/**
 * The head of the region proposal network (Ren et al. 2015, §3.1; torchvision `rpn.py: RPNHead`), the same for every
 * level of the pyramid.
 *
 * @param feature `[N, H, W, C]`
 */
export function rpnHead(parameters: Parameters, convDepth: number, feature: tf.Tensor4D): RpnOutput {
  let x = feature;
  for (let i = 0; i < convDepth; i++) x = tf.relu(convBlock(parameters, `conv.${i}`, x));
  const predict = (name: string): tf.Tensor4D =>
    tf.add(conv2d(x, parameters.filter(`${name}.weight`)), parameters.vector(`${name}.bias`));
  return { objectness: predict('cls_logits'), deltas: predict('bbox_pred') };
}
