import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorShapes } from '../../../backbone/index.ts';
import { fixedNorm, parametersOf } from '../../../backbone/layers.ts';
import { keypointHead } from '../../../detection/model/keypoint-head.ts';
import type { Layer } from '../../../detection/model/layer.ts';
import { maskHead } from '../../../detection/model/mask-head.ts';
import { createEngine } from '../../../engine/index.ts';
import type { Tensors } from '../../../engine/ops/index.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wave, waveWeights } from '../../waves.ts';

interface Expected {
  readonly shape: number[];
  readonly logits: number[];
  readonly gradients: Readonly<Record<string, number[]>>;
}
const { heads } = JSON.parse(readFileSync(join(fixturesDir, 'masks_and_keypoints.json'), 'utf8')) as {
  readonly heads: Readonly<Record<'mask' | 'mask_norm' | 'keypoint', Expected>>;
};
const masks = { channels: 6, convLayers: [8, 8], width: 5, numClasses: 4 };
const cases: readonly (readonly [string, Layer<Tensor4D, Tensor4D>, Expected])[] = [
  ['the mask head', maskHead('roi_heads', { ...masks, norm: false }), heads.mask],
  ['the mask head with norms', maskHead('roi_heads', { ...masks, norm: true }), heads.mask_norm],
  ['the keypoint head', keypointHead('roi_heads', { channels: 6, convLayers: [8, 8], joints: 4 }), heads.keypoint],
];

function near(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.is(actual.length, expected.length, what);
  const largest = Math.max(...expected.map(Math.abs));
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < 2e-5 * largest, `${what} ${i}: ${actual[i]}, not ${expected[i]}`);
  }
}

for (const engineName of ['onnx', 'wasm'] as const) {
  for (const [name, head, expected] of cases) {
    test(`${name} and its gradients are torchvision's, on ${engineName}`, async () => {
      const engine = await createEngine(engineName, { threads: 1 });
      const weights = waveWeights(tensorShapes(head.parameters));
      const forward = (tensors: Tensors, { x }: Tensors) => ({
        logits: head.forward(parametersOf(tensors), x as Tensor4D, fixedNorm()),
      });
      const inputs = { x: { shape: ['R', 5, 5, 6] } };
      const x = { shape: [3, 5, 5, 6], data: new Float32Array(wave(3 * 5 * 5 * 6, 1)) };

      const program = await engine.compile({ name, weights, inputs, model: forward });
      const { logits } = await program.run({ x });
      assert.equal([...logits.shape], expected.shape);
      near((await logits.data()) as Float32Array, expected.logits, 'logit');
      logits.dispose();
      await program.dispose();

      const parts = await engine.trainParts(
        {
          name,
          weights,
          trainable: Object.keys(expected.gradients),
          parts: {
            head: { inputs, model: (tensors: Tensors, given: Tensors) => ({ outputs: forward(tensors, given) }) },
          },
        },
        { optimizer: { kind: 'sgd' } },
      );
      const pass = await parts.parts.head.forward({ x });
      const data = Float32Array.from(expected.logits, (logit) => -Math.sin(logit));
      const back = await pass.backward({ logits: { shape: expected.shape, data } });
      const gradients = await back.weightGradients();
      for (const [weight, gradient] of Object.entries(expected.gradients)) near(gradients[weight], gradient, weight);
      back.dispose();
      pass.dispose();
      await parts.dispose();
    });
  }
}

test.run();
