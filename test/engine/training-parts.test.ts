import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NamedArrays, PartsProgram, TrainingOptions } from '../../engine/index.ts';
import { tracePart } from '../../engine/trace/trace-part.ts';
import { assertClose } from './assert-close.ts';
import {
  batch,
  compiled,
  eager,
  gradientsOf,
  options,
  type Passes,
  passesOf,
  spec,
  trainable,
  weights,
  whole,
} from './two-parts.ts';

const test = suite('training in parts');

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
  for (const part of ['weights', 'optimizer', 'average'] as const) assertClose(ours[part]!, theirs[part]!, 1e-4);
  assert.not.equal(ours.weights['norm.running_mean'], weights['norm.running_mean'].data);
  assert.equal(ours.weights['unused.weight'], weights['unused.weight'].data);
  await Promise.all(programs.map((program) => program.dispose()));
});

test('a run that goes on from a snapshot ends with the very same weights', async () => {
  const all: TrainingOptions = { optimizer: { kind: 'adamw' }, averageDecay: 0.9, clipNorm: 1 };
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
  const plain: TrainingOptions = { optimizer: { kind: 'sgd' } };
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

test.run();
