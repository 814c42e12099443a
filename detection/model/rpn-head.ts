// N images, H × W positions, A anchors a position.
import * as tf from '@tensorflow/tfjs-core';
import { normal } from '../../backbone/index.ts';
import { convBlock, convolution, type Layer, parametersOfLayers } from './layer.ts';

/** What the RPN says of one level: logits `[N, H, W, A]` and deltas `[N, H, W, 4A]`, anchor by anchor. */
export interface RpnOutput {
  readonly objectness: tf.Tensor4D;
  readonly deltas: tf.Tensor4D;
}

export interface RpnHeadOptions {
  /** Channels of a map, in and within. */
  readonly channels: number;
  /** Convolutions before the two that predict. */
  readonly convDepth: number;
  readonly anchorsPerPosition: number;
}

/**
 * The head of the region proposal network (Ren et al. 2015, §3.1; torchvision `rpn.py: RPNHead`), the same for every
 * level of the pyramid, `[N, H, W, C]`.
 */
export function rpnHead(
  name: string,
  { anchorsPerPosition, channels, convDepth }: RpnHeadOptions,
): Layer<tf.Tensor4D, RpnOutput> {
  const options = (to: number, kernel: number) => ({ from: channels, to, kernel, init: normal(0.01) });
  const convs = Array.from({ length: convDepth }, (_, i) =>
    convBlock(`${name}.conv.${i}`, false, options(channels, 3)),
  );
  const objectness = convolution(`${name}.cls_logits`, options(anchorsPerPosition, 1));
  const deltas = convolution(`${name}.bbox_pred`, options(4 * anchorsPerPosition, 1));
  return {
    parameters: parametersOfLayers(...convs, objectness, deltas),
    forward: (tensors, feature) => {
      const x = convs.reduce((map, conv) => tf.relu(conv.forward(tensors, map)), feature);
      return { objectness: objectness.forward(tensors, x), deltas: deltas.forward(tensors, x) };
    },
  };
}
