// N images, K classes.
import * as tf from '@tensorflow/tfjs-core';
import type { LossSpec, Weights } from '../engine/index.ts';
import type { Tensors } from '../engine/ops/index.ts';
import { fixedNorm, type Norm, trainingNorm } from './batch-norm.ts';
import { trainedNames } from './parameter-plan.ts';
import { parametersOf } from './parameters.ts';
import { type ResidualBranch, resnetLogits } from './resnet.ts';
import { classifierParameters, type ResNetPlan } from './resnet-plan.ts';

/**
 * Cross-entropy with soft targets: the mean over images of −Σ q log p. Targets are one-hot, or smoothed or mixed (label
 * smoothing, Mixup, CutMix). The engine differentiates it within the network's graph.
 *
 * @param logits `[N, K]` @param targets `[N, K]`, rows that sum to 1
 */
const crossEntropy = (logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar =>
  tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));

/**
 * Binary cross-entropy of each class, the mean over images and classes (torch `BCEWithLogitsLoss`): each class is a
 * question of its own, whose answer is the softmax of its logit and 0.
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const column = (values: tf.Tensor2D) => tf.reshape(values, [-1, 1]);
  const inColumn = (values: tf.Tensor, other: readonly [number, number]) => tf.pad(values, [[0, 0], [...other]]);
  const answers = tf.logSoftmax(inColumn(column(logits), [0, 1]));
  const wanted = tf.add(inColumn(column(targets), [0, 1]), inColumn(tf.sub(1, column(targets)), [1, 0]));
  return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(wanted, answers), 1)));
}

/** How the loss of a classifier differs from the usual one. */
export interface LossChoices {
  /** The stem and this many stages do not change; their norms use their running statistics. */
  readonly freeze?: number | undefined;
  /** Binary cross-entropy instead of cross-entropy. */
  readonly isBinary?: boolean;
  /** Stochastic depth: residual branches are multiplied by the input `branches` `[N, blocks]`. */
  readonly hasDepth?: boolean;
}

/** The number of residual blocks. */
export const blockCount = ({ stages }: ResNetPlan): number => stages.reduce((sum, blocks) => sum + blocks.length, 0);

/**
 * The loss of a classifier in training. Inputs: `image` `[N, H, W, 3]`, normalized, and `target` `[N, K]`. It also
 * outputs `logits`.
 */
export function classificationLoss(
  plan: ResNetPlan,
  weights: Weights,
  size: { readonly batch: number; readonly height: number; readonly width: number },
  { freeze, hasDepth = false, isBinary = false }: LossChoices = {},
): LossSpec {
  const trained = new Set(trainedNames(classifierParameters(plan), freeze === undefined ? 0 : freeze + 1));
  return {
    name: 'a classifier in training',
    weights,
    trainable: Object.keys(weights).filter((name) => trained.has(name)),
    inputs: {
      image: { shape: [size.batch, size.height, size.width, 3] },
      target: { shape: [size.batch, plan.head.numClasses] },
      ...(hasDepth && { branches: { shape: [size.batch, blockCount(plan)] } }),
    },
    loss: (tensors: Tensors, { branches, image, target }: Tensors) => {
      const { norm: following, running } = trainingNorm();
      const fixed = fixedNorm();
      const norm: Norm = (parameters, name, x) =>
        (trained.has(`${parameters.nameOf(name)}.weight`) ? following : fixed)(parameters, name, x);
      const branch = hasDepth ? branchOf(branches as tf.Tensor2D) : undefined;
      const logits = resnetLogits(parametersOf(tensors), plan, image as tf.Tensor4D, norm, branch);
      const loss = isBinary ? binaryCrossEntropy : crossEntropy;
      return { loss: loss(logits, target as tf.Tensor2D), outputs: { logits }, updates: running };
    },
  };
}

/** Multiplies the residual branch of a block by its factor of each image. */
const branchOf =
  (branches: tf.Tensor2D): ResidualBranch =>
  (y, block) =>
    tf.mul(y, tf.reshape(tf.slice(branches, [0, block], [-1, 1]), [-1, 1, 1, 1]));
