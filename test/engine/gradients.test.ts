import './float64.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { registerTrainingKernels } from '../../engine/eager/training-kernels.ts';
import '../../engine/gradients.ts';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import type { PartSpec } from '../../engine/engine.ts';
import { batchNormTraining } from '../../engine/ops/batch-norm.ts';
import { conv2d } from '../../engine/ops/conv2d.ts';
import { halvingConv2d } from '../../engine/ops/halving-conv2d.ts';
import { maxPool } from '../../engine/ops/max-pool.ts';
import type { Tensors } from '../../engine/tensors.ts';
import { Random } from '../../io/random.ts';

const test = suite('gradients');
const random = new Random(1);
const STEP = 1e-5;

test.before(async () => {
  // tfjs knows its arrays by their kind.
  (tf.env().platform as { isTypedArray: (value: unknown) => boolean }).isTypedArray = ArrayBuffer.isView;
  await tf.setBackend('cpu');
  registerTrainingKernels('cpu');
});

const ALTERNATING = Uint8Array.from({ length: 20 }, (_, i) => i % 2);

/** A function of tensors, and the shapes that it takes. */
type Case = readonly [shapes: readonly (readonly number[])[], f: (...x: tf.Tensor[]) => tf.Tensor];

const images = (x: tf.Tensor) => x as tf.Tensor4D;
const vector = (x: tf.Tensor) => x as tf.Tensor1D;
const positive = (x: tf.Tensor) => tf.add(1, tf.square(x));

const cases: Readonly<Record<string, Case>> = {
  'add, broadcast': [[[2, 3, 4], [3, 1]], (a, b) => tf.add(a, b)],
  'sub, broadcast': [[[3], [2, 3]], (a, b) => tf.sub(a, b)],
  'mul, broadcast': [[[2, 3], [3]], (a, b) => tf.mul(a, b)],
  'div, broadcast': [[[2, 3], [2, 1]], (a, b) => tf.div(a, positive(b))],
  'squared difference': [[[2, 3], [3]], (a, b) => tf.squaredDifference(a, b)],
  power: [[[2, 3], [3]], (a, b) => tf.pow(positive(a), b)],
  maximum: [[[4, 3], [3]], (a, b) => tf.maximum(a, b)],
  minimum: [[[4, 3], [3]], (a, b) => tf.minimum(a, b)],
  abs: [[[5]], (x) => tf.abs(x)],
  log: [[[5]], (x) => tf.log(positive(x))],
  exp: [[[5]], (x) => tf.exp(x)],
  sqrt: [[[5]], (x) => tf.sqrt(positive(x))],
  rsqrt: [[[5]], (x) => tf.rsqrt(positive(x))],
  reciprocal: [[[5]], (x) => tf.reciprocal(positive(x))],
  cos: [[[5]], (x) => tf.cos(x)],
  sin: [[[5]], (x) => tf.sin(x)],
  sigmoid: [[[5]], (x) => tf.sigmoid(x)],
  softplus: [[[5]], (x) => tf.softplus(x)],
  tanh: [[[5]], (x) => tf.tanh(x)],
  relu: [[[20]], (x) => tf.relu(x)],
  'leaky relu': [[[20]], (x) => tf.leakyRelu(x, 0.2)],
  'relu to 6': [[[20]], (x) => tf.relu6(tf.mul(x, 6))],
  clip: [[[20]], (x) => tf.clipByValue(x, -0.5, 0.5)],
  select: [[[20], [20]], (a, b) => tf.where(tf.tensor(ALTERNATING, [20], 'bool'), tf.mul(a, 2), b)],
  'a mask of a comparison': [[[20], [20]], (a, b) => tf.mul(tf.cast(tf.less(a, b), 'float32'), tf.square(a))],
  'select by comparisons': [[[20], [20]], (a, b) => tf.where(tf.logicalOr(tf.logicalNot(tf.greaterEqual(a, b)), tf.notEqual(tf.round(a), tf.sign(b))), tf.square(a), tf.mul(a, b))],
  'whole steps': [[[20]], (x) => tf.mul(x, tf.add(tf.floor(x), tf.add(tf.ceil(x), tf.step(x))))],
  softmax: [[[3, 4]], (x) => tf.softmax(x)],
  'log softmax': [[[3, 4]], (x) => tf.logSoftmax(x)],
  'sum over axes': [[[2, 3, 4]], (x) => tf.sum(x, [0, 2])],
  'mean over axes, kept': [[[2, 3, 4]], (x) => tf.mean(x, [1], true)],
  max: [[[3, 4]], (x) => tf.max(x, 1)],
  min: [[[3, 4]], (x) => tf.min(x, 1)],
  tile: [[[2, 3]], (x) => tf.tile(x, [2, 3])],
  transpose: [[[2, 3, 4]], (x) => tf.transpose(x, [2, 0, 1])],
  reshape: [[[2, 6]], (x) => tf.reshape(x, [3, 4])],
  'expand dims': [[[2, 3]], (x) => tf.expandDims(x, 1)],
  pad: [[[2, 3]], (x) => tf.pad(x, [[1, 0], [2, 1]])],
  slice: [[[4, 5]], (x) => tf.slice(x, [1, 2], [2, -1])],
  concat: [[[2, 3], [2, 1]], (a, b) => tf.concat([a, b], 1)],
  'matrix product': [[[2, 3], [3, 4]], (a, b) => tf.matMul(a, b)],
  'matrix product, a transposed': [[[3, 2], [3, 4]], (a, b) => tf.matMul(a, b, true, false)],
  'matrix product, b transposed': [[[2, 3], [4, 3]], (a, b) => tf.matMul(a, b, false, true)],
  'matrix product, both transposed': [[[3, 2], [4, 3]], (a, b) => tf.matMul(a, b, true, true)],
  'add many': [[[3], [3], [3]], (...x) => tf.addN(x)],
  'convolution 3×3': [[[2, 5, 6, 3], [3, 3, 3, 4]], (x, w) => conv2d(images(x), images(w))],
  'convolution 3×3, stride 2': [[[2, 6, 5, 3], [3, 3, 3, 2]], (x, w) => conv2d(images(x), images(w), 2)],
  'convolution 1×1, stride 2': [[[2, 6, 5, 3], [1, 1, 3, 2]], (x, w) => conv2d(images(x), images(w), 2)],
  'convolution 7×7, stride 2': [[[1, 9, 10, 2], [7, 7, 2, 3]], (x, w) => conv2d(images(x), images(w), 2)],
  'halving convolution 3×3, odd and even sides': [[[2, 6, 5, 2], [3, 3, 2, 3]], (x, w) => halvingConv2d(images(x), images(w))],
  'max pooling': [[[2, 7, 6, 2]], (x) => maxPool(images(x), 3, 2, 1)],
  subsample: [[[2, 6, 5, 2]], (x) => tf.avgPool(images(x), 1, 2, 'valid')],
  'nearest neighbors': [[[2, 3, 4, 2]], (x) => tf.image.resizeNearestNeighbor(images(x), [6, 8])],
  'batch norm with fixed statistics': [
    [[2, 3, 4, 3], [3], [3], [3], [3]],
    (x, mean, variance, beta, gamma) => tf.batchNorm(images(x), vector(mean), vector(positive(variance)), vector(beta), vector(gamma), 1e-5),
  ],
  'batch norm in training': [
    [[3, 4, 2, 3], [3], [3]],
    (x, gamma, beta) => batchNormTraining(images(x), vector(gamma), vector(beta), 1e-5).y,
  ],
}; // biome-ignore format: one case a line

for (const [name, [shapes, f]] of Object.entries(cases)) {
  test(`${name}: as finite differences`, () => {
    const data = shapes.map((shape) =>
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
    const make = () => shapes.map((shape, i) => tf.tensor(data[i] as never, [...shape], 'float32'));
    const size = tf.tidy(() => f(...make()).clone()).size;
    const weights = Float64Array.from({ length: size }, () => random.normal());
    /** A number that depends on all of the result. */
    const value = (...x: tf.Tensor[]) => {
      const y = f(...x);
      return tf.sum(tf.mul(y, tf.tensor(weights as never, y.shape, 'float32'))) as tf.Scalar;
    };
    const at = () => tf.tidy(() => value(...make()).dataSync()[0]);
    const gradients = tf.tidy(() =>
      tf
        .valueAndGrads(value)(make())
        .grads.map((gradient) => gradient.dataSync().slice()),
    );
    data.forEach((numbers, i) => {
      for (let k = 0; k < numbers.length; k++) {
        const before = numbers[k];
        numbers[k] = before + STEP;
        const above = at();
        numbers[k] = before - STEP;
        const below = at();
        numbers[k] = before;
        const slope = (above - below) / (2 * STEP);
        const error = Math.abs(gradients[i][k] - slope) / Math.max(1, Math.abs(slope));
        assert.ok(error < 1e-6, `operand ${i}, number ${k}: ${gradients[i][k]}, not ${slope}`);
      }
    });
  });
}

test('a model in parts: gradients of all weights, through the cut, as finite differences', async () => {
  const draw = (...shape: number[]) => {
    const size = shape.reduce((a, b) => a * b);
    return { shape, data: Float64Array.from({ length: size }, () => random.normal()) as never as Float32Array };
  };
  const weights = { filter: draw(2, 3, 3, 3), matrix: draw(3, 2) };
  const image = draw(1, 4, 4, 3);
  const map: PartSpec = {
    model: (p: Tensors, x: Tensors) => ({ outputs: { map: tf.relu(conv2d(images(x.image), images(p.filter))) } }),
    inputs: { image },
  };
  const head: PartSpec = {
    model: (p: Tensors, x: Tensors) => {
      const pooled: tf.Tensor2D = tf.mean(x.map, [1, 2]);
      return { outputs: { loss: tf.sum(tf.exp(tf.matMul(pooled, p.matrix as tf.Tensor2D, false, true))) } };
    },
    inputs: { map: { shape: [1, 4, 4, 2] } },
    inputGradients: ['map'],
    loss: 'loss',
  };
  const engine = createEagerEngine('wasm', 'cpu', 'tfjs cpu');
  const forward = async (start: typeof weights) => {
    const spec = { name: 'parts', weights: start, trainable: Object.keys(start), parts: { map, head } };
    const { parts } = await engine.trainParts(spec, { optimizer: { kind: 'sgd' } });
    const first = await parts.map.forward({ image });
    const second = await parts.head.forward({ map: first.outputs.map });
    return { first, second, loss: (await second.outputs.loss.data())[0] };
  };
  const { first, second } = await forward(weights);
  const ofHead = await second.backward();
  const ofMap = await first.backward({ map: ofHead.inputGradients.map });
  const gradients = { ...(await ofHead.weightGradients()), ...(await ofMap.weightGradients()) };
  for (const [name, { data, shape }] of Object.entries(weights)) {
    for (let k = 0; k < data.length; k++) {
      const at = async (move: number) => {
        const moved = data.slice();
        moved[k] += move;
        return (await forward({ ...weights, [name]: { shape, data: moved } })).loss;
      };
      const slope = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      const error = Math.abs(gradients[name][k] - slope) / Math.max(1, Math.abs(slope));
      assert.ok(error < 1e-6, `${name}[${k}]: ${gradients[name][k]}, not ${slope}`);
    }
  }
});

test.run();
