// N images, K classes.
import * as tf from '@tensorflow/tfjs-core';
import type { LossSpec, Weights } from '../engine/index.ts';
import type { Tensors } from '../engine/ops/index.ts';
import { fixedNorm, type Norm, trainingNorm } from './batch-norm.ts';
import { trainedNames } from './parameter-plan.ts';
import { parametersOf } from './parameters.ts';
import { resnetLogits } from './resnet.ts';
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
 * The loss of a classifier in training. Inputs: `image` `[N, H, W, 3]`, normalized, and `target` `[N, K]`. It also
 * outputs `logits`.
 *
 * @param freeze the stem and this many stages do not change; their norms use their running statistics
 */
export function classificationLoss(
  plan: ResNetPlan,
  weights: Weights,
  size: { readonly batch: number; readonly height: number; readonly width: number },
  freeze?: number,
): LossSpec {
  const trained = new Set(trainedNames(classifierParameters(plan), freeze === undefined ? 0 : freeze + 1));
  return {
    name: 'a classifier in training',
    weights,
    trainable: Object.keys(weights).filter((name) => trained.has(name)),
    inputs: {
      image: { shape: [size.batch, size.height, size.width, 3] },
      target: { shape: [size.batch, plan.head.numClasses] },
    },
    loss: (tensors: Tensors, { image, target }: Tensors) => {
      const { norm: following, running } = trainingNorm();
      const fixed = fixedNorm();
      const norm: Norm = (parameters, name, x) =>
        (trained.has(`${parameters.nameOf(name)}.weight`) ? following : fixed)(parameters, name, x);
      const logits = resnetLogits(parametersOf(tensors), plan, image as tf.Tensor4D, norm);
      return { loss: crossEntropy(logits, target as tf.Tensor2D), outputs: { logits }, updates: running };
    },
  };
}
