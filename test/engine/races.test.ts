/** Sums that several threads make: the same bits each time, and the numbers of one thread. */
import type * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HostTensor, type PartsSpec, sizeOf } from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { maxPool, roiAlign } from '../../engine/ops/index.ts';
import { Random } from '../../io/random.ts';

const test = suite('sums of several threads');
const random = new Random(9);
const draw = (shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

const parts: PartsSpec<'align' | 'pool'> = {
  name: 'sums',
  weights: {},
  trainable: [],
  parts: {
    align: {
      model: (_, { features, regions }) => ({
        outputs: {
          pooled: roiAlign(features as tf.Tensor4D, regions as tf.Tensor2D, {
            outputSize: 7,
            spatialScale: 1,
            samplingRatio: 2,
            aligned: false,
          }),
        },
      }),
      inputs: { features: { shape: ['N', 'H', 'W', 16] }, regions: { shape: ['R', 5] } },
      inputGradients: ['features'],
    },
    pool: {
      model: (_, { features }) => ({ outputs: { pooled: maxPool(features as tf.Tensor4D, 3, 2, 1) } }),
      inputs: { features: { shape: ['N', 'H', 'W', 16] } },
      inputGradients: ['features'],
    },
  },
};

// Many regions over few cells: nearly every sum meets another's.
const regions: HostTensor = {
  shape: [600, 5],
  data: Float32Array.from(
    Array.from({ length: 600 }, (_, i) => [i % 2, (i * 7) % 5, (i * 3) % 4, 6 + (i % 3), 5 + (i % 4)]).flat(),
  ),
};
const inputs = {
  align: { features: draw([2, 8, 10, 16]), regions },
  // Few distinct numbers, so that windows that overlap have one winner in common.
  pool: {
    features: {
      shape: [2, 65, 63, 16],
      data: Float32Array.from({ length: 131040 }, () => Math.floor(random.uniform(0, 3))),
    },
  },
} as const;
const cotangents = { align: draw([600, 7, 7, 16]), pool: draw([2, 33, 32, 16]) };

async function gradients(threads: number, repeats: number, part: 'align' | 'pool'): Promise<Float32Array[]> {
  const engine = createOnnxEngine('onnx', 'cpu', { threads });
  const program = await engine.trainParts(parts, { optimizer: { kind: 'sgd' } });
  const results: Float32Array[] = [];
  for (let i = 0; i < repeats; i++) {
    const pass = await program.parts[part].forward(inputs[part]);
    const backward = await pass.backward({ pooled: cotangents[part] });
    results.push((await backward.inputGradients.features.data()) as Float32Array);
    pass.dispose();
    backward.dispose();
  }
  await program.dispose();
  return results;
}

for (const part of ['align', 'pool'] as const) {
  test(`the gradient of ${part === 'align' ? 'ROIAlign' : 'maximum pooling'}: bit by bit as one thread's`, async () => {
    const [alone] = await gradients(1, 1, part);
    assert.ok(alone.some((value) => value !== 0));
    for (const threads of [2, 3, 4]) {
      for (const several of await gradients(threads, 25, part)) {
        const at = several.findIndex((value, i) => value !== alone[i]);
        assert.is(at, -1, `${threads} threads, ${at}: ${several[at]}, not ${alone[at]}`);
      }
    }
  });
}

test.run();
