import '@tensorflow/tfjs-backend-cpu';
import type * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import { registerRoiAlign } from '../../engine/eager/roi-align.ts';
import { type HostTensor, type PartsSpec, sizeOf } from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { type RoiAlignAttributes, roiAlign } from '../../engine/ops/index.ts';
import { roiAlignGradient } from '../../engine/ops/roi-align-host.ts';
import { Random } from '../../io/random.ts';

const test = suite('gradient of ROIAlign');
const random = new Random(4);
registerRoiAlign('cpu');
const engines = [createOnnxEngine('onnx', 'cpu', { threads: 2 }), createEagerEngine('wasm', 'cpu', 'tfjs cpu')];

const draw = (shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

const spec = (attributes: RoiAlignAttributes): PartsSpec<'pool'> => ({
  name: 'pooling',
  weights: {},
  trainable: [],
  parts: {
    pool: {
      model: (_, { features, regions }) => ({
        outputs: { pooled: roiAlign(features as tf.Tensor4D, regions as tf.Tensor2D, attributes) },
      }),
      inputs: { features: { shape: ['N', 'H', 'W', 5] }, regions: { shape: ['R', 5] } },
      inputGradients: ['features'],
    },
  },
});

/** Regions inside the image, across its border and beyond it, without area, and very small and large ones. */
function someRegions(images: number, height: number, width: number): HostTensor {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const [x, y] = [random.uniform(-4, width), random.uniform(-4, height)];
    const size = [0, 0.3, 5, 30, 200][i % 5];
    return [i % images, x, y, x + random.uniform() * size, y + random.uniform() * size];
  });
  rows.push([0, 0, 0, width, height], [0, width, height, width + 50, height + 50], [0, -90, -90, -50, -50]);
  return { shape: [rows.length, 5], data: Float32Array.from(rows.flat()) };
}

for (const attributes of [
  { outputSize: 7, spatialScale: 1 / 4, samplingRatio: 2, aligned: false },
  { outputSize: 3, spatialScale: 1 / 8, samplingRatio: 1, aligned: true },
]) {
  test(`as the host's, ${attributes.aligned ? '' : 'not '}aligned, at several sizes and without regions`, async () => {
    const options = { ...attributes, outputSize: [attributes.outputSize, attributes.outputSize] as const };
    for (const engine of engines) {
      const program = await engine.trainParts(spec(attributes), { optimizer: { kind: 'sgd' } });
      for (const [n, h, w] of [
        [2, 12, 20],
        [1, 7, 5],
      ]) {
        const features = draw([n, h, w, 5]);
        const all = someRegions(n, h / attributes.spatialScale, w / attributes.spatialScale);
        for (const regions of [all, { shape: [0, 5], data: new Float32Array(0) }]) {
          const pass = await program.parts.pool.forward({ features, regions });
          const cotangent = draw([...pass.outputs.pooled.shape]);
          const backward = await pass.backward({ pooled: cotangent });
          const gradient = (await backward.inputGradients.features.data()) as Float32Array;
          const expected = roiAlignGradient(
            cotangent.data as Float32Array,
            [n, h, w, 5],
            regions.data as Float32Array,
            options,
          );
          assert.is(gradient.length, expected.length);
          const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
          gradient.forEach((value, i) => {
            assert.ok(
              Math.abs(value - expected[i]) < 2e-5 * scale,
              `${engine.name}, ${i}: ${value}, not ${expected[i]}`,
            );
          });
          pass.dispose();
          backward.dispose();
        }
      }
      await program.dispose();
    }
  });
}

test.run();
