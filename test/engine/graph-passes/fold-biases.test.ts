import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyPasses, layerPasses } from '../../../engine/graph-passes/graph-pass.ts';
import { createEngine, type ProgramSpec } from '../../../engine/index.ts';
import { conv2d, type Tensors } from '../../../engine/ops/index.ts';
import { trace } from '../../../engine/trace/trace.ts';
import { wave } from '../../waves.ts';

const weight = (shape: readonly number[], phase: number) => ({
  shape,
  data: Float32Array.from(
    wave(
      shape.reduce((size, dim) => size * dim, 1),
      phase,
    ),
  ),
});

const spec: ProgramSpec = {
  name: 'biases',
  weights: {
    'conv.weight': weight([4, 3, 3, 3], 1),
    'conv.bias': weight([4], 2),
    'fc.weight': weight([5, 4], 3),
    'fc.bias': weight([5], 4),
  },
  inputs: { image: { shape: ['N', 'H', 'W', 3] } },
  model: (weights: Tensors, { image }: Tensors) => {
    const map = tf.add(conv2d(image as tf.Tensor4D, weights['conv.weight'] as tf.Tensor4D), weights['conv.bias']);
    const pooled = tf.mean(map, [1, 2]);
    const logits = tf.add(
      tf.matMul(pooled as tf.Tensor2D, weights['fc.weight'] as tf.Tensor2D, false, true),
      weights['fc.bias'],
    );
    return { logits, other: tf.add(pooled, 1) };
  },
};

test('sums of one number per channel become biases, others stay', async () => {
  const graph = applyPasses(trace(spec), layerPasses);
  const ops = graph.nodes.map(({ op }) => op);
  assert.equal(
    ops.filter((op) => op === 'Conv' || op === 'Gemm' || op === 'Add' || op === 'MatMul'),
    ['Conv', 'Gemm', 'Add'],
  );
  assert.is(graph.nodes.find(({ op }) => op === 'Conv')!.inputs.length, 3);
});

test('the graph computes the same', async () => {
  const engine = await createEngine('onnx', { threads: 1 });
  const image = { shape: [2, 8, 8, 3], data: Float32Array.from(wave(2 * 8 * 8 * 3, 5)) };
  const results: Float32Array[] = [];
  for (const given of [spec, { ...spec, observe: (graph) => graph } satisfies ProgramSpec]) {
    const program = await engine.compile(given);
    results.push((await (await program.run({ image })).logits.data()) as Float32Array);
    await program.dispose();
  }
  const [plain, folded] = results;
  assert.ok(plain.some((value) => Math.abs(value) > 0.01));
  for (const [i, value] of plain.entries()) assert.ok(Math.abs(value - folded[i]) < 1e-5, `${value} ${folded[i]}`);
});

test.run();
