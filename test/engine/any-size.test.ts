import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type HostTensor, type PartsSpec, sizeOf } from '../../engine/index.ts';
import { halvingConv2d, maxPool, type Tensors } from '../../engine/ops/index.ts';
import { Random } from '../../io/random.ts';
import { assertClose } from './assert-close.ts';

const random = new Random(7);
const draw = (...shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

/** Two maps, each half of the one before; and the same by pooling, of numbers most of which are negative. */
const spec: PartsSpec<'maps'> = {
  name: 'halving',
  weights: { first: draw(4, 3, 3, 3), second: draw(2, 4, 3, 3) },
  trainable: ['first', 'second'],
  parts: {
    maps: {
      model: (parameters: Tensors, inputs: Tensors) => {
        const x = inputs.x as tf.Tensor4D;
        const half = halvingConv2d(x, parameters.first as tf.Tensor4D);
        const quarter = halvingConv2d(tf.relu(half), parameters.second as tf.Tensor4D);
        const low: tf.Tensor4D = tf.sub(x, 1);
        return { outputs: { half, quarter, picked: tf.maxPool(low, 1, 2, 'valid'), pooled: maxPool(low, 3, 2, 1) } };
      },
      inputs: { x: { shape: ['N', 'H', 'W', 3] } },
      inputGradients: ['x'],
    },
  },
};

test('maps of any size are halved, and one compiled gradient serves all of them, as the eager one does', async () => {
  const engines = [await createEngine('onnx', { threads: 1 }), await createEngine('wasm', { threads: 1 })];
  const programs = await Promise.all(engines.map((engine) => engine.trainParts(spec, { optimizer: { kind: 'sgd' } })));
  for (const [height, width] of [[5, 6], [6, 5], [8, 12], [7, 9], [2, 3], [1, 1]] as const) {
    const x = draw(2, height, width, 3);
    const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
    const cotangents = {
      half: draw(2, rows, columns, 4),
      quarter: draw(2, Math.ceil(rows / 2), Math.ceil(columns / 2), 2),
      picked: draw(2, rows, columns, 3),
      pooled: draw(2, rows, columns, 3),
    };
    const results = [];
    for (const { parts } of programs) {
      const pass = await parts.maps.forward({ x });
      const outputs: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(pass.outputs)) {
        assert.equal(tensor.shape, cotangents[name as 'half'].shape);
        outputs[name] = (await tensor.data()) as Float32Array;
      }
      const back = await pass.backward(cotangents);
      const ofX = (await back.inputGradients.x.data()) as Float32Array;
      results.push({ ...outputs, ...(await back.weightGradients()), x: ofX });
      back.dispose();
      pass.dispose();
    }
    const [compiled, eager] = results;
    assertClose(compiled, eager, 1e-4);
  }
  for (const program of programs) await program.dispose();
}); // biome-ignore format: sizes in one line

test.run();
