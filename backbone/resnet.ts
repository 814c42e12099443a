// N images, H × W pixels, C channels, K classes.
import * as tf from '@tensorflow/tfjs-core';
import { averagePool, conv2d, maxPool } from '../engine/ops/index.ts';
import { attend } from './attention.ts';
import { fixedNorm, type Norm } from './batch-norm.ts';
import type { Parameters } from './parameters.ts';
import type { BlockPlan, ConvPlan, ResNetPlan } from './resnet-plan.ts';

function convNorm(parameters: Parameters, plan: ConvPlan, x: tf.Tensor4D, norm: Norm): tf.Tensor4D {
  const y = conv2d(x, parameters.filter(`${plan.conv}.weight`), plan.stride, plan.dilation, plan.groups);
  return norm(parameters, plan.norm, y);
}

/** The average of 2×2 pixels before a projection; at stride 1 with zeros after the last pixel (timm `AvgPool2dSame`). */
function shortcutPool(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride > 1) return averagePool(x, 2, stride);
  const padded = tf.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]]); // biome-ignore format: one axis each
  return tf.slice(averagePool(padded, 2, 1), [0, 0, 0, 0], x.shape);
}

/** F(x) + shortcut(x). */
function withShortcut(
  parameters: Parameters,
  plan: BlockPlan['shortcut'],
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  norm: Norm,
): tf.Tensor4D {
  if (plan === 'none') return y;
  if (plan === 'identity') return tf.add(y, x);
  if ('conv' in plan) {
    const pooled = plan.pool === undefined ? x : shortcutPool(x, plan.pool);
    return tf.add(y, convNorm(parameters, plan, pooled, norm));
  }
  // Option A. Pooling over one pixel subsamples, and has a gradient on every backend.
  const subsampled = tf.avgPool(x, 1, plan.stride, 'valid');
  const before = Math.floor(plan.padChannels / 2);
  const padded = tf.pad(subsampled, [
    [0, 0],
    [0, 0],
    [0, 0],
    [before, plan.padChannels - before],
  ]);
  return tf.add(y, padded);
}

/** y = ReLU(F(x) + x), equations 1 and 2 of the paper; in a plain net ReLU(F(x)). */
function block(
  parameters: Parameters,
  { attention, convs, shortcut }: BlockPlan,
  x: tf.Tensor4D,
  norm: Norm,
  branch?: (y: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  let y = x;
  convs.forEach((conv, i) => {
    y = convNorm(parameters, conv, i ? tf.relu(y) : y, norm);
  });
  if (attention) y = attend(parameters, attention, y);
  return tf.relu(withShortcut(parameters, shortcut, x, branch ? branch(y) : y, norm));
}

/** What becomes of F(x) of a block, counted from 0 through all stages, before its shortcut is added. */
export type ResidualBranch = (y: tf.Tensor4D, block: number) => tf.Tensor4D;

/**
 * The feature map at the end of each stage (C2 … C5 with the ImageNet stem), with `plan.channels` and `plan.strides`.
 *
 * @param x `[N, H, W, 3]`, normalized
 * @returns maps `[N, H / stride, W / stride, C]`, rounded up
 */
export function resnetFeatures(
  parameters: Parameters,
  plan: ResNetPlan,
  x: tf.Tensor4D,
  norm: Norm = fixedNorm(),
  branch?: ResidualBranch,
): tf.Tensor4D[] {
  let before = 0;
  let y = plan.stem.reduce<tf.Tensor4D>((map, conv) => tf.relu(convNorm(parameters, conv, map, norm)), x);
  if (plan.pool) y = maxPool(y, 3, 2, 1);
  return plan.stages.map((blocks) => {
    const first = before;
    y = resnetStage(parameters, blocks, y, norm, branch && ((map, block) => branch(map, first + block)));
    before += blocks.length;
    return y;
  });
}

/** The blocks of one stage. */
export const resnetStage = (
  parameters: Parameters,
  blocks: readonly BlockPlan[],
  x: tf.Tensor4D,
  norm: Norm,
  branch?: ResidualBranch,
): tf.Tensor4D =>
  blocks.reduce((map, plan, i) => block(parameters, plan, map, norm, branch && ((y) => branch(y, i))), x);

/** The average of the last feature map over its pixels: what the head classifies. @returns `[N, C]` */
export function resnetPooled(
  parameters: Parameters,
  plan: ResNetPlan,
  x: tf.Tensor4D,
  norm: Norm = fixedNorm(),
  branch?: ResidualBranch,
): tf.Tensor2D {
  const features = resnetFeatures(parameters, plan, x, norm, branch);
  return tf.mean(features[features.length - 1], [1, 2]);
}

/** The linear layer. @param pooled `[N, C]` @returns logits `[N, K]` */
export function resnetHead(parameters: Parameters, { head }: ResNetPlan, pooled: tf.Tensor2D): tf.Tensor2D {
  const product: tf.Tensor2D = tf.matMul(pooled, parameters.matrix(`${head.name}.weight`), false, true);
  return tf.add(product, parameters.vector(`${head.name}.bias`));
}

/**
 * Classification: global average of the last feature map, then a linear layer.
 *
 * @param x `[N, H, W, 3]`, normalized
 * @returns logits `[N, K]`
 */
export const resnetLogits = (
  parameters: Parameters,
  plan: ResNetPlan,
  x: tf.Tensor4D,
  norm: Norm = fixedNorm(),
  branch?: ResidualBranch,
): tf.Tensor2D => resnetHead(parameters, plan, resnetPooled(parameters, plan, x, norm, branch));
