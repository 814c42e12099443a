import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeOnnx, exportedGraph, type ProgramSpec } from '../../../engine/index.ts';
import { conv2d, roiAlign, type Tensors } from '../../../engine/ops/index.ts';
import { rejects } from '../../rejects.ts';
import { wave } from '../../waves.ts';

const spec = (scale: number): ProgramSpec => ({
  name: 'half',
  weights: { filter: { shape: [4, 3, 3, 3], data: Float32Array.from(wave(108, 1), (value) => scale * value) } },
  inputs: { image: { shape: ['N', 'H', 'W', 3] }, regions: { shape: ['R', 5] } },
  model: ({ filter }: Tensors, { image, regions }: Tensors) => {
    const maps = tf.relu(conv2d(image as tf.Tensor4D, filter as tf.Tensor4D));
    const attributes = { outputSize: 2, spatialScale: 1, samplingRatio: 2, aligned: false };
    return { maps, pooled: roiAlign(maps, regions as tf.Tensor2D, attributes) };
  },
});

test('weights and maps are of half precision, inputs, outputs and regions of single', async () => {
  const graph = exportedGraph(spec(1), 'float16');
  assert.is(graph.constants.get(graph.nodes.find(({ op }) => op === 'Conv')!.inputs[1])!.dtype, 'float16');
  assert.ok([...graph.inputs, ...graph.outputs].every(({ dtype }) => dtype === 'float32'));
  // A coordinate that half precision does not have.
  const regions = new ort.Tensor('float32', Float32Array.of(0, 2000.25, 3, 2040.75, 30), [1, 5]);
  const image = new ort.Tensor('float32', Float32Array.from(wave(32 * 2048 * 3, 2)), [1, 32, 2048, 3]);
  const results: Float32Array[] = [];
  for (const precision of ['float32', 'float16'] as const) {
    const session = await ort.InferenceSession.create(encodeOnnx(exportedGraph(spec(1), precision)));
    results.push((await session.run({ image, regions })).pooled.data as Float32Array);
    await session.release();
  }
  const [single, half] = results;
  assert.ok(single.some((value) => value > 0.1));
  assert.ok(single.some((value, i) => value !== half[i]));
  assert.ok(single.every((value, i) => Math.abs(value - half[i]) < 0.01 * (1 + value)));
});

test('a weight that is moved before it is used is of half precision, too', () => {
  const product: ProgramSpec = {
    name: 'product',
    weights: { matrix: { shape: [8, 4], data: new Float32Array(32) } },
    inputs: { x: { shape: ['N', 4] } },
    model: ({ matrix }: Tensors, { x }: Tensors) => ({
      y: tf.matMul(x as tf.Tensor2D, matrix as tf.Tensor2D, false, true),
    }),
  };
  const { constants } = exportedGraph(product, 'float16');
  assert.equal(
    [...constants.values()].filter(({ data }) => data.length === 32).map(({ dtype }) => dtype),
    ['float16'],
  );
});

test('a weight beyond half precision is refused', async () => {
  await rejects((async () => exportedGraph(spec(1e6), 'float16'))(), 'BAD_MODEL', /half precision reach 65504/);
});

test.run();
