/** A small model in two parts, and what a step through it gives. */
import * as tf from '@tensorflow/tfjs-core';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import {
  type BackwardPass,
  type HostTensor,
  type LossSpec,
  type NamedArrays,
  type PartSpec,
  type PartsProgram,
  type PartsSpec,
  sizeOf,
  type TrainingOptions,
} from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { batchNormTraining, conv2d, maxPool, type Tensors } from '../../engine/ops/index.ts';
import { Random } from '../../io/random.ts';

export const compiled = createOnnxEngine('onnx', 'cpu', { threads: 1 });
export const eager = createEagerEngine('wasm', 'cpu', 'tfjs cpu');
export const options: TrainingOptions = { optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } };
const random = new Random(3);

const randomTensor = (...shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, 0.5)),
});
const map = (tensor: tf.Tensor) => tensor as tf.Tensor4D;
const vector = (tensor: tf.Tensor) => tensor as tf.Tensor1D;

export const weights = {
  'stem.weight': randomTensor(4, 3, 3, 3),
  'norm.weight': randomTensor(4),
  'norm.bias': randomTensor(4),
  'norm.running_mean': randomTensor(4),
  'body.weight': randomTensor(6, 4, 3, 3),
  'score.weight': randomTensor(2, 6, 1, 1),
  'score.bias': randomTensor(2),
  'head.weight': randomTensor(5, 6),
  'unused.weight': randomTensor(2),
};
export const trainable = Object.keys(weights).filter((name) => !/running|unused/.test(name));

/** A feature map and scores of its mask: convolutions, a norm that follows the data, a shortcut, pooling. */
function featuresOf(p: Tensors, image: tf.Tensor): { feature: tf.Tensor4D; scores: tf.Tensor4D; updates: Tensors } {
  const norm = batchNormTraining(
    conv2d(map(image), map(p['stem.weight']), 2),
    vector(p['norm.weight']),
    vector(p['norm.bias']),
    1e-5,
  );
  const stem = maxPool(tf.relu(norm.y), 3, 2, 1);
  const body = tf.relu(conv2d(stem, map(p['body.weight'])));
  const coarse = tf.avgPool(body, 1, 2, 'valid');
  const feature: tf.Tensor4D = tf.add(body, tf.image.resizeNearestNeighbor(coarse, [body.shape[1], body.shape[2]]));
  const scores: tf.Tensor4D = tf.add(conv2d(feature, map(p['score.weight'])), p['score.bias']);
  const running = tf.add(tf.mul(p['norm.running_mean'], 0.9), tf.mul(norm.mean, 0.1));
  return { feature, scores, updates: { 'norm.running_mean': running } };
}

/** The sum of the mask of a feature map, each by its weight, classified. */
function headOf(p: Tensors, feature: tf.Tensor, mask: tf.Tensor): tf.Tensor2D {
  const pooled: tf.Tensor2D = tf.sum(tf.mul(feature, mask), [1, 2]);
  return tf.matMul(pooled, p['head.weight'] as tf.Tensor2D, false, true);
}
const crossEntropy = (logits: tf.Tensor2D): tf.Scalar =>
  tf.neg(tf.mean<tf.Scalar>(tf.slice(tf.logSoftmax(logits), [0, 1], [-1, 1])));

export const features: PartSpec = {
  model: (p: Tensors, { image }: Tensors) => {
    const { feature, scores, updates } = featuresOf(p, image);
    return { outputs: { feature, scores }, updates };
  },
  inputs: { image: { shape: ['N', 'H', 'W', 3] } },
  kept: ['feature'],
};
const headInputs = {
  feature: { shape: ['N', 'h', 'w', 6], kept: true },
  mask: { shape: ['N', 'h', 'w', 1] },
};
const head: PartSpec = {
  model: (p: Tensors, { feature, mask }: Tensors) => {
    const logits = headOf(p, feature, mask);
    return { outputs: { loss: crossEntropy(logits), logits } };
  },
  inputs: headInputs,
  inputGradients: ['feature'],
  loss: 'loss',
};
export const spec: PartsSpec<'features' | 'head'> = { name: 'a model', weights, trainable, parts: { features, head } };

export function batch(height: number, width: number) {
  return { image: randomTensor(2, height, width, 3), mask: randomTensor(2, height / 4, width / 4, 1) };
}

/** The same at once, at one size: ½ Σ scores² stands for a loss that the host works out. */
export const whole = ({ image, mask }: Batch): LossSpec => ({
  name: 'the whole',
  weights,
  trainable,
  inputs: { image: { shape: image.shape }, mask: { shape: mask.shape } },
  loss: (p: Tensors, inputs: Tensors) => {
    const { feature, scores, updates } = featuresOf(p, inputs.image);
    const loss = crossEntropy(headOf(p, feature, inputs.mask));
    return { loss: tf.add(loss, tf.mul(0.5, tf.sum(tf.square(scores)))) as tf.Scalar, updates };
  },
});
type Batch = ReturnType<typeof batch>;

export interface Passes {
  readonly loss: number;
  readonly ofHead: BackwardPass;
  readonly ofFeatures: BackwardPass;
}

/** Forward, a look at the scores, forward and backward through the head, backward. */
export async function passesOf(program: PartsProgram<'features' | 'head'>, { image, mask }: Batch): Promise<Passes> {
  const first = await program.parts.features.forward({ image });
  const scores = first.outputs.scores;
  const seen = (await scores.data()) as Float32Array;
  const second = await program.parts.head.forward({ feature: first.outputs.feature, mask });
  const loss = (await second.outputs.loss.data())[0] + seen.reduce((sum, value) => sum + 0.5 * value * value, 0);
  const ofHead = await second.backward();
  const feature = ofHead.inputGradients.feature;
  const ofFeatures = await first.backward({ feature, scores: { shape: scores.shape, data: seen.slice() } });
  for (const pass of [first, second]) pass.dispose();
  return { loss, ofHead, ofFeatures };
}

export async function gradientsOf(passes: Passes): Promise<NamedArrays> {
  const [a, b] = await Promise.all([passes.ofHead.weightGradients(), passes.ofFeatures.weightGradients()]);
  for (const pass of [passes.ofHead, passes.ofFeatures]) pass.dispose();
  return { ...a, ...b };
}
