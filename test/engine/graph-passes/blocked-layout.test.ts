import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { trainingNorm } from '../../../backbone/batch-norm.ts';
import { classificationLoss } from '../../../backbone/classification-loss.ts';
import { classifierParameters, initialize, parseClassifierConfig, planClassifier } from '../../../backbone/index.ts';
import { parametersOf } from '../../../backbone/parameters.ts';
import type { HostTensor, LossSpec } from '../../../engine/index.ts';
import { lossParts } from '../../../engine/loss-program.ts';
import { blockSize } from '../../../engine/onnx/block-size.ts';
import { encodeOnnx } from '../../../engine/onnx/encode.ts';
import { SessionThread } from '../../../engine/onnx/session-thread.ts';
import { conv2d, type Tensors } from '../../../engine/ops/index.ts';
import { BLOCKED } from '../../../engine/trace/blocked.ts';
import type { Graph } from '../../../engine/trace/graph.ts';
import { partPorts } from '../../../engine/trace/part-ports.ts';
import { tracePart } from '../../../engine/trace/trace-part.ts';
import { Random } from '../../../io/random.ts';

const options = { intraOpNumThreads: 2, logSeverityLevel: 4 } as const;
const thread = new SessionThread();
const block = await blockSize(thread, 0, options);
await thread.stop();

const test = suite('blocked layout');
/** Builds of ONNX Runtime without blocks train in plain maps, which other tests look at. */
const check = block === undefined ? test.skip : test;

const graphOf = (spec: LossSpec, size?: number) => tracePart(lossParts(spec), 'step', size).forward;

type Arrays = Readonly<Record<string, Float32Array>>;

async function run(graph: Graph, { weights }: LossSpec, inputs: Record<string, HostTensor>): Promise<Arrays> {
  const session = await ort.InferenceSession.create(encodeOnnx(graph), options);
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, { data, shape }] of Object.entries(weights)) {
    feeds[partPorts.weight(name)] = new ort.Tensor('float32', data as Float32Array, shape);
  }
  for (const [name, { data, shape }] of Object.entries(inputs)) {
    feeds[partPorts.input(name)] = new ort.Tensor('float32', data as Float32Array, shape);
  }
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
}

function assertClose(actual: Arrays, expected: Arrays): void {
  assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, numbers] of Object.entries(expected)) {
    const scale = numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 1e-3);
    numbers.forEach((number, i) => {
      const off = Math.abs(actual[name][i] - number) / scale;
      if (!(off <= 1e-4)) assert.unreachable(`${name}[${i}]: ${actual[name][i]}, not ${number}`);
    });
  }
}

const randomTensor = (random: Random, shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

function problem(settings: object, batch: number, size: number): [LossSpec, Record<string, HostTensor>] {
  const plan = planClassifier(parseClassifierConfig({ num_classes: 3, ...settings }, 'test'));
  const random = new Random(3);
  const weights = initialize(classifierParameters(plan), random);
  const target = new Float32Array(batch * 3);
  for (let i = 0; i < batch; i++) target[3 * i + (i % 3)] = 1;
  const inputs = {
    image: randomTensor(random, [batch, size, size, 3]),
    target: { shape: [batch, 3], data: target },
  };
  return [classificationLoss(plan, weights, { batch, height: size, width: size }), inputs];
}

const count = (
  graph: Graph,
  op: string,
  wanted: (attributes: object, inputs: readonly string[]) => boolean = () => true,
) =>
  graph.liveNodes().filter((node) => node.domain === BLOCKED && node.op === op && wanted(node.attributes, node.inputs))
    .length;

for (const [name, settings, batch, size] of [
  ['shortcut A', { architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 32, 12],
  ['shortcut C', { architecture: 'resnet8', stem: 'cifar', shortcut: 'C' }, 32, 11],
  ['the ImageNet stem', { architecture: 'resnet18' }, 3, 80],
] as const) {
  check(`${name}: loss, gradients and statistics are those of plain maps`, async () => {
    const [spec, inputs] = problem(settings, batch, size);
    const blocked = graphOf(spec, block);
    assert.ok(count(blocked, 'Conv') > 20);
    assertClose(await run(blocked, spec, inputs), await run(graphOf(spec), spec, inputs));
  });
}

check('a norm, the sum after it and the ReLU after that are one operator', () => {
  const [spec] = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 256, 12);
  const blocked = graphOf(spec, block);
  const relu = (attributes: object) => 'activation' in attributes;
  // The stem's, and two in each of three blocks; one of two has the shortcut in it.
  assert.is(count(blocked, 'Conv', relu), 7);
  assert.is(
    count(blocked, 'Conv', (attributes, inputs) => relu(attributes) && inputs.length === 4),
    3,
  );
});

check('filters of the way back are made of those of the way there, without being turned pixel by pixel', () => {
  const [spec] = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 256, 12);
  const turns = (graph: Graph) =>
    graph
      .liveNodes()
      .filter(({ op, inputs }) => op === 'Slice' && `${graph.constants.get(inputs[4])?.data}` === '-1,-1');
  // Of six convolutions in blocks, the two strided ones have another way back.
  assert.is(turns(graphOf(spec)).length, 4);
  assert.is(turns(graphOf(spec, block)).length, 0);
});

check('a small spread about a large mean is not lost', async () => {
  const [spec, inputs] = problem({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A' }, 32, 12);
  const image = { ...inputs.image, data: inputs.image.data.map((value) => 1000 + value) };
  const filter = spec.weights['conv1.weight'];
  const weights = { ...spec.weights, 'conv1.weight': { ...filter, data: filter.data.map(Math.abs) } };
  const shifted = { ...spec, weights };
  const given = { ...inputs, image };
  const [ours, theirs] = [
    await run(graphOf(shifted, block), shifted, given),
    await run(graphOf(shifted), shifted, given),
  ];
  const [a, b] = [ours, theirs].map((results) => results[partPorts.output('logits')]);
  for (const [i, number] of b.entries()) assert.ok(Math.abs(a[i] - number) < 1e-2 * Math.max(1, Math.abs(number)));
});

check('sizes may stay open', async () => {
  const random = new Random(4);
  const spec: LossSpec = {
    name: 'open',
    weights: {
      'conv.weight': randomTensor(random, [32, 3, 3, 3]),
      'next.weight': randomTensor(random, [16, 32, 1, 1]),
      'next.bias': randomTensor(random, [16]),
      'norm.weight': randomTensor(random, [32]),
      'norm.bias': randomTensor(random, [32]),
      'norm.running_mean': randomTensor(random, [32]),
      'norm.running_var': { shape: [32], data: new Float32Array(32).fill(1) },
    },
    trainable: ['conv.weight', 'next.weight', 'next.bias', 'norm.weight', 'norm.bias'],
    inputs: { image: { shape: ['N', 'H', 'W', 3] } },
    loss: (tensors: Tensors, { image }: Tensors) => {
      const parameters = parametersOf(tensors);
      const { norm, running } = trainingNorm();
      const map = conv2d(image as tf.Tensor4D, parameters.filter('conv.weight'));
      const active = tf.relu(norm(parameters, 'norm', map));
      const next = tf.add(
        conv2d(active as tf.Tensor4D, parameters.filter('next.weight')),
        parameters.vector('next.bias'),
      );
      return { loss: tf.mean(tf.square(next)) as tf.Scalar, updates: running };
    },
  };
  const blocked = graphOf(spec, block);
  assert.ok(count(blocked, 'Conv') > 3);
  for (const shape of [
    [2, 24, 26, 3],
    [1, 40, 33, 3],
  ]) {
    const inputs = { image: randomTensor(random, shape) };
    assertClose(await run(blocked, spec, inputs), await run(graphOf(spec), spec, inputs));
  }
});

test.run();
