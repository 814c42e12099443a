import type { Tensor4D } from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parametersOf } from '../../../../backbone/layers.ts';
import { groupNorm } from '../../../../detection/model/retinanet/group-norm.ts';
import { createEngine, type HostTensor, type PartsSpec, sizeOf } from '../../../../engine/index.ts';
import type { Tensors } from '../../../../engine/ops/index.ts';
import { Random } from '../../../../io/random.ts';
import { assertClose } from '../../../engine/assert-close.ts';

const random = new Random(11);
const draw = (...shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});
const CHANNELS = 64;
const weights = { 'n.weight': draw(CHANNELS), 'n.bias': draw(CHANNELS) };
const norm = groupNorm('n', CHANNELS);
const spec: PartsSpec<'norm'> = {
  name: 'group norm',
  weights,
  trainable: ['n.weight', 'n.bias'],
  parts: {
    norm: {
      model: (tensors: Tensors, { x }: Tensors) => ({
        outputs: { y: norm.forward(parametersOf(tensors), x as Tensor4D) },
      }),
      inputs: { x: { shape: ['N', 'H', 'W', CHANNELS] } },
      inputGradients: ['x'],
    },
  },
};

/** Group norm as its equation says, in double precision. */
function expected({ data, shape }: HostTensor): Float32Array {
  const [n, h, w, c] = shape;
  const [gamma, beta] = [weights['n.weight'].data, weights['n.bias'].data];
  const y = new Float32Array(data.length);
  const size = c / 32;
  for (let image = 0; image < n; image++) {
    for (let group = 0; group < 32; group++) {
      const places: number[] = [];
      for (let cell = 0; cell < h * w; cell++) {
        for (let k = 0; k < size; k++) places.push((image * h * w + cell) * c + group * size + k);
      }
      const mean = places.reduce((sum, at) => sum + data[at], 0) / places.length;
      const variance = places.reduce((sum, at) => sum + (data[at] - mean) ** 2, 0) / places.length;
      for (const at of places) y[at] = (gamma[at % c] * (data[at] - mean)) / Math.sqrt(variance + 1e-5) + beta[at % c];
    }
  }
  return y;
}

test('each group of channels of an image is normalized over all positions; compiled and eager gradients are equal', async () => {
  const engines = [await createEngine('onnx', { threads: 1 }), await createEngine('wasm', { threads: 1 })];
  const programs = await Promise.all(engines.map((engine) => engine.trainParts(spec, { optimizer: { kind: 'sgd' } })));
  for (const shape of [
    [2, 3, 5, CHANNELS],
    [1, 4, 2, CHANNELS],
  ]) {
    const x = draw(...shape);
    const y = draw(...shape);
    const results: Record<string, Float32Array>[] = [];
    for (const { parts } of programs) {
      const pass = await parts.norm.forward({ x });
      assertClose({ y: (await pass.outputs.y.data()) as Float32Array }, { y: expected(x) }, 1e-5);
      const back = await pass.backward({ y });
      results.push({ ...(await back.weightGradients()), x: (await back.inputGradients.x.data()) as Float32Array });
      back.dispose();
      pass.dispose();
    }
    assertClose(results[0], results[1], 1e-4);
    // A norm does not see what is added to a group: its gradient sums up to nothing.
    const sum = results[0].x.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum) < 1e-2, `${sum}`);
  }
  for (const program of programs) await program.dispose();
});

test.run();
