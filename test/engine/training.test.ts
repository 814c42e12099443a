import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classificationLoss } from '../../backbone/classification-loss.ts';
import {
  classifierParameters,
  initialize,
  parseClassifierConfig,
  planClassifier,
  type ResNetPlan,
} from '../../backbone/index.ts';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import { createEngine, type HostTensor, type LossSpec, type TrainingOptions } from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { conv2d } from '../../engine/ops/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { Random } from '../../io/random.ts';
import { assertClose } from './assert-close.ts';

const test = suite('training');
const compiled = createOnnxEngine('onnx', 'cpu', { threads: 1 });
const eager = createEagerEngine('wasm', 'cpu', 'tfjs cpu');
const options: TrainingOptions = { optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } };

const randomTensor = (random: Random, shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

/** The first blocks of two stages: every kind of layer, and little else. */
const shortened = (plan: ResNetPlan): ResNetPlan => ({
  ...plan,
  stages: plan.stages.slice(0, 2).map((blocks) => blocks.slice(0, 1)),
  head: { ...plan.head, inFeatures: plan.channels[1] },
});

/** A small network's loss, and a batch for it. */
function problem(settings: object, size: number, batch = 4): { spec: LossSpec; inputs: Record<string, HostTensor> } {
  const config = parseClassifierConfig({ num_classes: 3, ...settings }, 'test');
  const random = new Random(5);
  const whole = planClassifier(config);
  const plan = whole.pool ? shortened(whole) : whole;
  const weights = initialize(classifierParameters(plan), random);
  const target = new Float32Array(batch * 3);
  for (let i = 0; i < batch; i++) target[3 * i + (i % 3)] = 1;
  return {
    spec: classificationLoss(plan, weights, { batch, height: size, width: size }),
    inputs: { image: randomTensor(random, [batch, size, size, 3]), target: { shape: [batch, 3], data: target } },
  };
}

for (const [name, settings, size] of [
  ['CIFAR, option A', { architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 12],
  ['CIFAR, option C', { architecture: 'resnet8', stem: 'cifar', shortcut: 'C' }, 9],
  ['basic blocks with the ImageNet stem', { architecture: 'resnet18' }, 17],
  ['bottlenecks', { architecture: 'resnet50' }, 16],
] as const) {
  test(`${name}: the compiled gradients are tfjs's, and so are the weights after a step`, async () => {
    const { inputs, spec } = problem(settings, size);
    const programs = [await compiled.train(spec, options), await eager.train(spec, options)];
    const [ours, theirs] = await Promise.all(programs.map((program) => program.gradients(inputs)));
    assert.ok(Math.abs(ours.loss - theirs.loss) < 1e-4 * Math.abs(theirs.loss));
    assertClose(ours.gradients, theirs.gradients, 1e-4);
    assertClose(
      { logits: ours.outputs.logits.data as Float32Array },
      { logits: theirs.outputs.logits.data as Float32Array },
      1e-4,
    );
    await Promise.all(programs.map((program) => program.step(inputs, 0.01)));
    const [a, b] = await Promise.all(programs.map((program) => program.snapshot()));
    assertClose(a.weights, b.weights, 1e-4);
    assertClose(a.optimizer, b.optimizer, 1e-4);
    await Promise.all(programs.map((program) => program.dispose()));
  });
}

test('a pooling beside zeros, which may win, has the gradient of the padded map', async () => {
  const random = new Random(6);
  const filter = randomTensor(random, [2, 3, 1, 1]);
  const spec: LossSpec = {
    name: 'pooling',
    weights: { filter },
    trainable: ['filter'],
    inputs: { image: { shape: [1, 5, 6, 3] } },
    loss: (weights, { image }) => {
      const map = conv2d(image as tf.Tensor4D, weights.filter as tf.Tensor4D);
      const bordered = tf.pad(map, [[0, 0], [1, 2], [2, 1], [0, 0]]); // biome-ignore format: one axis each
      return { loss: tf.sum(tf.square(tf.maxPool(bordered as tf.Tensor4D, 3, 1, 'valid'))) as tf.Scalar };
    },
  };
  const inputs = { image: randomTensor(random, [1, 5, 6, 3]) };
  const programs = [await compiled.train(spec, options), await eager.train(spec, options)];
  const [ours, theirs] = await Promise.all(programs.map((program) => program.gradients(inputs)));
  assertClose(ours.gradients, theirs.gradients, 1e-4);
  await Promise.all(programs.map((program) => program.dispose()));
});

test('a loss that masks by comparisons has the same compiled and eager gradient', async () => {
  const weights = { w: { shape: [4], data: Float32Array.of(-2, -0.5, 0.25, 3) } };
  const spec: LossSpec = {
    name: 'smooth L1',
    weights,
    trainable: ['w'],
    inputs: { target: { shape: [4] } },
    loss: ({ w }, { target }) => {
      const distance = tf.sub(w as tf.Tensor, target as tf.Tensor);
      const size = tf.abs(distance);
      const isNear = tf.logicalAnd(tf.less(size, 1), tf.logicalNot(tf.equal(tf.sign(distance), 2)));
      const near = tf.cast(isNear, 'float32');
      const quadratic = tf.mul(near, tf.mul(0.5, tf.square(distance)));
      return { loss: tf.sum(tf.add(quadratic, tf.where(isNear, tf.zerosLike(size), tf.sub(size, 0.5)))) as tf.Scalar };
    },
  };
  const inputs = { target: { shape: [4], data: new Float32Array(4) } };
  for (const engine of [compiled, eager]) {
    const program = await engine.train(spec, options);
    const { gradients, loss } = await program.gradients(inputs);
    assert.is(loss, 1.5 + 0.125 + 0.03125 + 2.5);
    assert.equal([...gradients.w], [-1, -0.5, 0.25, 1]);
    await program.dispose();
  }
});

test('every operation of the compiled engine has a gradient', () => {
  const isGradient = (name: string) => /Grad$|Backprop|Gradient/.test(name);
  const kernels = tf.getKernelsForBackend('resnet-coco-trace').map(({ kernelName }) => kernelName);
  // Fill has no operand.
  const without = kernels.filter((name) => !isGradient(name) && name !== 'Fill' && !tf.getGradient(name));
  assert.equal([kernels.length > 50, without], [true, []]);
});

test('wasm trains too', async () => {
  const { inputs, spec } = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'B' }, 8);
  const programs = [await compiled.train(spec, options), await (await createEngine('wasm')).train(spec, options)];
  const [ours, theirs] = await Promise.all(programs.map((program) => program.gradients(inputs)));
  assertClose(ours.gradients, theirs.gradients, 1e-4);
  await Promise.all(programs.map((program) => program.dispose()));
});

test('a run that goes on from a snapshot ends with the very same weights', async () => {
  const { inputs, spec } = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 8);
  const all: TrainingOptions = { ...options, averageDecay: 0.9, clipNorm: 1 };
  const whole = await compiled.train(spec, all);
  let halfway = await whole.snapshot();
  for (let step = 0; step < 6; step++) {
    if (step === 3) halfway = await whole.snapshot();
    const { gradientNorm, loss } = await whole.step(inputs, 0.1);
    assert.ok(Number.isFinite(loss) && gradientNorm! > 0);
  }
  const resumed = await compiled.train(spec, { ...all, from: halfway });
  for (let step = 3; step < 6; step++) await resumed.step(inputs, 0.1);
  assert.equal(await resumed.snapshot(), await whole.snapshot());
  await Promise.all([whole.dispose(), resumed.dispose()]);
});

test('frozen weights stay, running statistics follow the data', async () => {
  const { inputs, spec } = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 8);
  const trainable = spec.trainable.filter((name) => !name.startsWith('layer1.'));
  const program = await compiled.train({ ...spec, trainable }, options);
  await program.step(inputs, 0.1);
  const { weights } = await program.snapshot();
  assert.equal(weights['layer1.0.conv1.weight'], spec.weights['layer1.0.conv1.weight'].data);
  assert.not.equal(weights['layer2.0.conv1.weight'], spec.weights['layer2.0.conv1.weight'].data);
  assert.not.equal(weights['layer1.0.bn1.running_mean'], spec.weights['layer1.0.bn1.running_mean'].data);
  await program.dispose();
});

test('a loss that is not finite changes nothing', async () => {
  const { inputs, spec } = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 8);
  const program = await compiled.train(spec, options);
  const before = await program.snapshot();
  const image = { ...inputs.image, data: Float32Array.from(inputs.image.data).fill(Number.NaN, 0, 1) };
  assert.is(Number.isFinite((await program.step({ ...inputs, image }, 0.1)).loss), false);
  assert.equal(await program.snapshot(), before);
  await program.dispose();
  await program.step(inputs, 0.1).then(
    () => assert.unreachable('it went on'),
    (error: ResnetCocoError) => assert.is(error.code, 'DISPOSED'),
  );
});

test('eager training holds on to no tensors', async () => {
  const { inputs, spec } = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 8);
  const program = await eager.train(spec, options);
  await program.step(inputs, 0.1);
  const { numTensors } = tf.memory();
  for (let i = 0; i < 3; i++) await program.step(inputs, 0.1);
  assert.is(tf.memory().numTensors, numTensors);
  await program.dispose();
});

test.run();
