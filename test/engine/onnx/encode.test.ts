import * as ort from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeOnnx, GraphBuilder } from '../../../engine/index.ts';
import { Graph } from '../../../engine/trace/graph.ts';
import { rejects } from '../../rejects.ts';

/** The sums of rows of numbers, counted by a loop. */
function sums(rows: number): Promise<number[]> {
  const g = new GraphBuilder();
  const list = g.input('list', 'float32', ['rows', 3]);
  // A value of the graph around the loop, which leaves it under another name.
  const factor = g.add(g.constant([1], 'float32', []), 1);
  g.output('factor', factor, []);
  const [totals] = g.forEach([{ value: list, row: [3] }], [{ dtype: 'float32', sizes: [1] }], (body, [row]) => [
    body.mul(body.reduceSum(row, [0], 1), factor),
  ]);
  g.output('totals', totals, ['rows', 1]);
  return run(encodeOnnx(g.graph), rows);
}

async function run(file: Uint8Array, rows: number): Promise<number[]> {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
  const data = Float32Array.from({ length: 3 * rows }, (_, i) => i);
  const { factor, totals } = await session.run({ list: new ort.Tensor('float32', data, [rows, 3]) });
  assert.equal([...factor.data], [2]);
  assert.equal(totals.dims, [rows, 1]);
  await session.release();
  return Array.from(totals.data as Float32Array);
}

test('a loop sees the values around it, whatever they are called, and may have no rows', async () => {
  assert.equal(await sums(2), [6, 24]);
  assert.equal(await sums(0), []);
});

test('a part of a graph may be there twice: its weights are in the file once', () => {
  const part = new Graph();
  const weights = part.constant(new Float32Array(1000).fill(0.5), [1000], 'float32');
  const x = part.input('x', [1000], [1000], 'float32', [0]);
  part.output('y', part.emit('Add', [x.name, weights.name], { shape: [1000] }));
  const g = new GraphBuilder();
  const first = g.include(part, 'first', { x: g.input('x', 'float32', [1000]) });
  const second = g.include(part, 'second', { x: first.y });
  g.output('z', second.y, [1000]);
  assert.is(g.graph.constants.size, 1);
});

test('a model that is larger than an ONNX file can be is refused before it is written', async () => {
  const graph = new Graph();
  graph.constants.set('large', { dtype: 'float32', shape: [2 ** 15, 2 ** 14], data: new Float32Array(0) });
  await rejects((async () => encodeOnnx(graph))(), 'BAD_MODEL', /2147483648 bytes.*at most 2147483647.*half precision/);
});

test.run();
