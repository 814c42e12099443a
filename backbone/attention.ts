// N images, H × W pixels, C channels.
import * as tf from '@tensorflow/tfjs-core';
import { conv2d } from '../engine/ops/index.ts';
import type { AttentionPlan } from './attention-plan.ts';
import type { Parameters } from './parameters.ts';

/** A map `[N, H, W, C]`, each channel multiplied by a number from 0 to 1 that follows from the means of all channels. */
export function attend(parameters: Parameters, plan: AttentionPlan, x: tf.Tensor4D): tf.Tensor4D {
  const means: tf.Tensor4D = tf.mean(x, [1, 2], true);
  const scores = plan.kind === 'se' ? excitation(parameters, plan.name, means) : alongChannels(parameters, plan, means);
  return tf.mul(x, tf.sigmoid(scores));
}

/** Two layers with a ReLU between them. @param means `[N, 1, 1, C]` */
function excitation(parameters: Parameters, name: string, means: tf.Tensor4D): tf.Tensor4D {
  const layer = (which: string, x: tf.Tensor4D): tf.Tensor4D =>
    tf.add(conv2d(x, parameters.filter(`${name}.${which}.weight`)), parameters.vector(`${name}.${which}.bias`));
  return layer('fc2', tf.relu(layer('fc1', means)));
}

/** A convolution along the channels: the sum of the shifted means, each times a weight. @param means `[N, 1, 1, C]` */
function alongChannels(
  parameters: Parameters,
  { channels, kernel, name }: AttentionPlan & { readonly kind: 'eca' },
  means: tf.Tensor4D,
): tf.Tensor4D {
  const before = (kernel - 1) / 2;
  const padded = tf.pad(means, [[0, 0], [0, 0], [0, 0], [before, before]]); // biome-ignore format: one axis each
  const filter: tf.Tensor1D = tf.reshape(parameters.vector(`${name}.conv.weight`), [kernel]);
  const taps = Array.from({ length: kernel }, (_, i) =>
    tf.mul(tf.slice(padded, [0, 0, 0, i], [-1, 1, 1, channels]), tf.slice(filter, [i], [1])),
  );
  return tf.addN(taps) as tf.Tensor4D;
}
