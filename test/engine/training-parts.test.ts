import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../datasets/random.ts';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import {
  type BackwardPass,
  batchNormTraining,
  conv2d,
  type Engine,
  type ForwardPass,
  type HostTensor,
  type LossSpec,
  maxPool,
  type NamedArrays,
  type PartSpec,
  type PartsProgram,
  type PartsSpec,
  sizeOf,
  type Tensors,
  type TrainingOptions,
} from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { tracePart } from '../../engine/trace/trace-part.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { assertClose } from './assert-close.ts';

const test = suite('training in parts');
const compiled = createOnnxEngine('onnx', 'cpu', { threads: 1 });
const eager = createEagerEngine('wasm', 'cpu', 'tfjs cpu');
const options: TrainingOptions = { optimiser: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } };
const random = new Random(3);

const randomTensor = (...shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, 0.5)),
});
const map = (tensor: tf.Tensor) => tensor as tf.Tensor4D;
const vector = (tensor: tf.Tensor) => tensor as tf.Tensor1D;

const weights = {
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
const trainable = Object.keys(weights).filter((name) => !/running|unused/.test(name));

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
  tf.neg(tf.mean(tf.slice(tf.logSoftmax(logits), [0, 1], [-1, 1])));

const features: PartSpec = {
  model: (p, { image }) => {
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
  model: (p, { feature, mask }) => {
    const logits = headOf(p, feature, mask);
    return { outputs: { loss: crossEntropy(logits), logits } };
  },
  inputs: headInputs,
  inputGradients: ['feature'],
  loss: 'loss',
};
const spec: PartsSpec<'features' | 'head'> = { name: 'a model', weights, trainable, parts: { features, head } };

function batch(height: number, width: number) {
  return { image: randomTensor(2, height, width, 3), mask: randomTensor(2, height / 4, width / 4, 1) };
}

/** The same at once, at one size: ½ Σ scores² stands for a loss that the host works out. */
const whole = ({ image, mask }: Batch): LossSpec => ({
  name: 'the whole',
  weights,
  trainable,
  inputs: { image: { shape: image.shape }, mask: { shape: mask.shape } },
  loss: (p, inputs) => {
    const { feature, scores, updates } = featuresOf(p, inputs.image);
    const loss = crossEntropy(headOf(p, feature, inputs.mask));
    return { loss: tf.add(loss, tf.mul(0.5, tf.sum(tf.square(scores)))) as tf.Scalar, updates };
  },
});
type Batch = ReturnType<typeof batch>;

interface Passes {
  readonly loss: number;
  readonly ofHead: BackwardPass;
  readonly ofFeatures: BackwardPass;
}

/** Forward, a look at the scores, forward and backward through the head, backward. */
async function passesOf(program: PartsProgram<'features' | 'head'>, { image, mask }: Batch): Promise<Passes> {
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

async function gradientsOf(passes: Passes): Promise<NamedArrays> {
  const [a, b] = await Promise.all([passes.ofHead.weightGradients(), passes.ofFeatures.weightGradients()]);
  for (const pass of [passes.ofHead, passes.ofFeatures]) pass.dispose();
  return { ...a, ...b };
}

for (const [name, engine] of [
  ['compiled', compiled],
  ['eager', eager],
] as const) {
  test(`${name}: two halves with the host between have the gradients of the whole, at every size`, async () => {
    const program = await engine.trainParts(spec, options);
    for (const size of [
      [16, 24],
      [8, 8],
      [32, 40],
    ] as const) {
      const inputs = batch(size[0], size[1]);
      const reference = await engine.train(whole(inputs), options);
      const [passes, expected] = [await passesOf(program, inputs), await reference.gradients(inputs)];
      assert.ok(Math.abs(passes.loss - expected.loss) < 1e-4 * Math.abs(expected.loss));
      assertClose(await gradientsOf(passes), expected.gradients, 1e-5);
      await reference.dispose();
    }
    await program.dispose();
  });
}

test('compiled gradients are tfjs’s, and so are the weights after steps, and their average', async () => {
  const all: TrainingOptions = { ...options, averageDecay: 0.9, clipNorm: 1 };
  const programs = [await compiled.trainParts(spec, all), await eager.trainParts(spec, all)];
  for (const inputs of [batch(16, 16), batch(8, 24)]) {
    const [ours, theirs] = await Promise.all(
      programs.map(async (program) => gradientsOf(await passesOf(program, inputs))),
    );
    assertClose(ours, theirs, 1e-4);
    const norms = programs.map(async (program) => {
      const { ofFeatures, ofHead } = await passesOf(program, inputs);
      return (await program.apply([ofHead, ofFeatures], 0.01)).gradientNorm!;
    });
    const [a, b] = await Promise.all(norms);
    assert.ok(a > 1 && Math.abs(a - b) < 1e-4 * b);
  }
  const [ours, theirs] = await Promise.all(programs.map((program) => program.snapshot()));
  for (const part of ['weights', 'optimiser', 'average'] as const) assertClose(ours[part]!, theirs[part]!, 1e-4);
  assert.not.equal(ours.weights['norm.running_mean'], weights['norm.running_mean'].data);
  assert.equal(ours.weights['unused.weight'], weights['unused.weight'].data);
  await Promise.all(programs.map((program) => program.dispose()));
});

test('a run that goes on from a snapshot ends with the very same weights', async () => {
  const all: TrainingOptions = { optimiser: { kind: 'adamw' }, averageDecay: 0.9, clipNorm: 1 };
  const inputs = batch(16, 16);
  const steps = async (program: PartsProgram<'features' | 'head'>, count: number) => {
    for (let i = 0; i < count; i++) {
      const { ofFeatures, ofHead } = await passesOf(program, inputs);
      await program.apply([ofHead, ofFeatures], 0.01);
    }
    return program.snapshot();
  };
  const first = await compiled.trainParts(spec, all);
  const halfway = await steps(first, 3);
  const resumed = await compiled.trainParts(spec, { ...all, from: halfway });
  assert.equal(await steps(resumed, 3), await steps(first, 3));
  await Promise.all([first.dispose(), resumed.dispose()]);
});

test('gradients of passes that share weights are summed', async () => {
  const inputs = [batch(8, 8), batch(16, 8)];
  const plain: TrainingOptions = { optimiser: { kind: 'sgd' } };
  for (const engine of [compiled, eager]) {
    const program = await engine.trainParts(spec, plain);
    const alone: NamedArrays[] = [];
    for (const one of inputs) alone.push(await gradientsOf(await passesOf(program, one)));
    const passes: Passes[] = [];
    for (const one of inputs) passes.push(await passesOf(program, one));
    await program.apply(
      passes.flatMap(({ ofFeatures, ofHead }) => [ofFeatures, ofHead]),
      1,
    );
    const { weights: after } = await program.snapshot();
    for (const name of trainable) {
      const expected = weights[name as keyof typeof weights].data.map(
        (w, i) => w - alone[0][name][i] - alone[1][name][i],
      );
      assertClose({ [name]: after[name] }, { [name]: expected as Float32Array }, 1e-4);
    }
    await program.dispose();
  }
});

test('nothing is computed in both halves, and what crosses is neither weights nor made for gradients alone', () => {
  const { backward, forward } = tracePart(spec, 'features');
  const made = (graph: typeof forward) => new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const [first, second] = [made(forward), made(backward!)];
  assert.ok([...first].every((value) => !second.has(value)));
  const names = (kind: string) => forward.outputs.map(({ name }) => name).filter((name) => name.startsWith(kind));
  assert.equal(names('output/').sort(), ['output/feature', 'output/scores']);
  const saved = forward.outputs.filter(({ name }) => !/^(output|update)\//.test(name));
  // Results of layers and small ones; no shifted maps for the filters' gradients.
  const large = saved.filter(({ shape }) => shape.length === 4).map(({ name }) => name.replace(/_\d+$/, ''));
  assert.equal(large.sort(), ['Conv', 'MaxPool', 'MaxPool', 'Relu', 'Relu']);
  const received = backward!.inputs.map(({ name }) => name);
  assert.ok(!received.includes('weight/stem.weight') && received.includes('weight/body.weight'));
  assert.ok(!received.includes('weight/norm.running_mean') && received.includes('cotangent/scores'));
  assert.is(tracePart(spec, 'head').backward, undefined);
});

test('passes leave no tensors behind, taken back or not', async () => {
  const program = await eager.trainParts(spec, options);
  const inputs = batch(16, 16);
  const step = async () => {
    const { ofFeatures, ofHead } = await passesOf(program, inputs);
    await program.apply([ofHead, ofFeatures], 0.01);
    for (const pass of [ofFeatures, ofHead]) pass.dispose();
    const dropped = await program.parts.features.forward({ image: inputs.image });
    const unused = await program.parts.head.forward({ feature: dropped.outputs.feature, mask: inputs.mask });
    for (const pass of [dropped, unused]) pass.dispose();
    (await passesOf(program, inputs)).ofHead.dispose();
  };
  await step();
  const { numTensors } = tf.memory();
  for (let i = 0; i < 3; i++) await step();
  assert.is(tf.memory().numTensors, numTensors);
  await program.dispose();
});

test('what compiled passes hold is freed after backward, and where backward is never called', async () => {
  const program = await compiled.trainParts(spec, options);
  const inputs = batch(256, 256);
  const step = async () => {
    const { ofFeatures, ofHead } = await passesOf(program, inputs);
    await program.apply([ofHead, ofFeatures], 0.001);
    for (const pass of [ofFeatures, ofHead]) pass.dispose();
    const dropped = await program.parts.features.forward({ image: inputs.image });
    dropped.dispose();
  };
  for (let i = 0; i < 5; i++) await step();
  const before = process.memoryUsage().rss;
  // Each pass holds some 5 MB.
  for (let i = 0; i < 40; i++) await step();
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 100, `${grown.toFixed(0)} MB more`);
  await program.dispose();
});

async function refuses(pattern: RegExp, body: () => Promise<unknown>): Promise<void> {
  const error = await body().then(
    () => undefined,
    (reason: ResnetCocoError) => reason,
  );
  assert.ok(error, `no error like ${pattern}`);
  assert.match(error.message, pattern);
}

for (const [name, engine] of [
  ['compiled', compiled],
  ['eager', eager],
] as const) {
  test(`${name}: what cannot be is refused, with the part's name`, async () => {
    const program = await (engine as Engine).trainParts(spec, options);
    const inputs = batch(16, 16);
    const run = () => program.parts.features.forward({ image: inputs.image });
    await refuses(/a model, features: input 'image' is missing/, () => program.parts.features.forward({}));
    const pass = await run();
    const { feature, scores } = pass.outputs;
    const second = await program.parts.head.forward({ feature, mask: inputs.mask });
    const ofHead = await second.backward();
    const cotangents = {
      feature: ofHead.inputGradients.feature,
      scores: { shape: scores.shape, data: (await scores.data()).slice() },
    };
    await refuses(/second|once/, () => second.backward());
    await refuses(/lacks the cotangent of 'scores'/, () => pass.backward({ feature: cotangents.feature }));
    await refuses(/'logits' has no cotangent; of feature, scores/, () =>
      pass.backward({ ...cotangents, logits: scores }),
    );
    await refuses(/'scores' has the shape \[2,4,4,2\], its cotangent \[1,2\]/, () =>
      pass.backward({ ...cotangents, scores: { shape: [1, 2], data: new Float32Array(2) } }),
    );
    await refuses(/'feature' is kept/, () =>
      pass.backward({
        ...cotangents,
        feature: { shape: feature.shape, data: new Float32Array(sizeOf(feature.shape)) },
      }),
    );
    const ofFeatures = await pass.backward(cotangents);
    await refuses(/features: backward is for once/, () => pass.backward(cotangents));
    const late: ForwardPass = await run();
    const dropped = await run();
    dropped.dispose();
    await refuses(/disposed of/, () => dropped.backward(cotangents));
    await program.apply([ofFeatures, ofHead], 0.1);
    await refuses(/weights have changed/, () => late.backward(cotangents));
    await refuses(/applied or disposed of/, () => program.apply([ofFeatures], 0.1));
    await refuses(/applied or disposed of/, () => ofHead.weightGradients());
    const other = await (engine as Engine).trainParts(spec, options);
    const foreign = await passesOf(other, inputs);
    await refuses(/another program/, () => program.apply([foreign.ofHead], 0.1));
    await Promise.all([program.dispose(), other.dispose()]);
    await refuses(/after dispose/, run);
  });
}

test('a part that trains nothing is refused', async () => {
  const parts = { idle: { ...features, model: (_: Tensors, { image }: Tensors) => ({ outputs: { image } }) } };
  await refuses(/a model, idle.*no output depends/, () => compiled.trainParts({ ...spec, parts }, options));
});

test.run();
