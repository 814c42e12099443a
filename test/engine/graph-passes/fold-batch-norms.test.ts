import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyPasses, compilePasses, exportPasses } from '../../../engine/graph-passes/graph-pass.ts';
import { exportOnnx, type HostTensor, type ProgramSpec, sizeOf } from '../../../engine/index.ts';
import { encodeOnnx } from '../../../engine/onnx/encode.ts';
import { conv2d, type Tensors } from '../../../engine/ops/index.ts';
import type { Graph } from '../../../engine/trace/graph.ts';
import { trace } from '../../../engine/trace/trace.ts';
import { Random } from '../../../io/random.ts';

const test = suite('batch norms folded into convolutions');

const random = new Random(4);
const drawn = (shape: number[], draw: () => number = () => random.normal()): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, draw),
});
const normOf = (name: string, channels: number): Record<string, HostTensor> => ({
  [`${name}.weight`]: drawn([channels]),
  [`${name}.bias`]: drawn([channels]),
  [`${name}.mean`]: drawn([channels]),
  [`${name}.var`]: drawn([channels], () => random.uniform(0.1, 3)),
});
const weights = { a: drawn([6, 3, 3, 3]), b: drawn([5, 6, 3, 3]), ...normOf('n', 6), ...normOf('m', 5) };

const conv = (x: tf.Tensor, filter: tf.Tensor, stride = 1) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride);
const norm = (p: Tensors, name: string, x: tf.Tensor, epsilon = 1e-5) => {
  const part = (which: string) => p[`${name}.${which}`] as tf.Tensor1D;
  return tf.batchNorm(x as tf.Tensor4D, part('mean'), part('var'), part('bias'), part('weight'), epsilon);
};

const program = (model: (p: Tensors, x: tf.Tensor) => Tensors): ProgramSpec => ({
  name: 'norms',
  weights,
  inputs: { x: { shape: ['N', 'H', 'W', 3] } },
  model: (p, { x }) => model(p as Tensors, x as tf.Tensor),
});

const countOf = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;
const image = drawn([2, 64, 32, 3]);

async function run(file: Uint8Array): Promise<Record<string, Float32Array>> {
  // Nothing folded by the runtime.
  const session = await ort.InferenceSession.create(file, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
  const results = await session.run({ x: new ort.Tensor('float32', image.data as Float32Array, image.shape) });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

/** The graph as exported, which must give what the one with `kept` norms gives. */
async function folds(spec: ProgramSpec, kept: number): Promise<Graph> {
  const [before, after] = [compilePasses, exportPasses].map((passes) => applyPasses(trace(spec), passes));
  const norms = countOf(before, 'BatchNormalization');
  assert.is(countOf(after, 'BatchNormalization'), kept);
  assert.is(after.nodes.length, before.nodes.length - (norms - kept));
  const [expected, actual] = [await run(encodeOnnx(before)), await run(exportOnnx(spec))];
  assert.equal(Object.keys(actual), Object.keys(expected));
  for (const [name, numbers] of Object.entries(expected)) {
    const scale = numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 1);
    numbers.forEach((number, i) => {
      assert.ok(Math.abs(actual[name][i] - number) <= 1e-5 * scale, `${name}[${i}]: ${actual[name][i]}, not ${number}`);
    });
  }
  return after;
}

test('every convolution takes the norm after it', async () => {
  const graph = await folds(
    program((p, x) => ({ y: norm(p, 'm', conv(tf.relu(norm(p, 'n', conv(x, p.a))), p.b, 2), 0) })),
    0,
  );
  // A filter and a bias each, and nothing of the norms.
  assert.is(graph.constants.size, 4);
});

test('one filter with two norms becomes two filters', async () => {
  const graph = await folds(
    program((p, x) => ({ y: norm(p, 'n', conv(x, p.a)), z: norm(p, 'n', conv(tf.relu(x), p.a), 0.5) })),
    0,
  );
  assert.is(graph.constants.size, 4);
});

test('a size that is taken from between convolution and norm is taken from behind the norm', async () => {
  const spec = program((p, x) => {
    const fine = norm(p, 'n', conv(x, p.a, 2));
    const coarse = tf.maxPool(fine as tf.Tensor4D, 2, 2, 'valid');
    return { y: tf.add(fine, tf.image.resizeNearestNeighbor(coarse, [fine.shape[1]!, fine.shape[2]!])) };
  });
  const before = applyPasses(trace(spec), compilePasses);
  const between = before.nodes.find(({ op }) => op === 'Conv')!.outputs[0];
  assert.ok(
    before.nodes.some(({ inputs, op }) => op === 'Shape' && inputs[0] === between),
    'the case has a Shape there',
  );
  await folds(spec, 0);
});

test('a norm stays where something else needs what the convolution gives, and without a convolution', async () => {
  await folds(
    program((p, x) => {
      const y = conv(x, p.a);
      return { y, z: norm(p, 'n', y) };
    }),
    1,
  );
  await folds(
    program((p, x) => {
      const y = conv(x, p.a);
      return { z: tf.add(tf.relu(y), norm(p, 'n', y)) };
    }),
    1,
  );
  await folds(
    program((p, x) => ({ z: norm(p, 'n', tf.relu(conv(x, p.a))) })),
    1,
  );
});

test('the graph that is given stays as it is', () => {
  const graph = trace(program((p, x) => ({ y: norm(p, 'n', conv(x, p.a)) })));
  const before = JSON.stringify([graph.nodes, graph.outputs, [...graph.constants.keys()]]);
  applyPasses(graph, exportPasses);
  assert.is(JSON.stringify([graph.nodes, graph.outputs, [...graph.constants.keys()]]), before);
});

test.run();
