import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifierProgram,
  classifierShapes,
  parameterCount,
  parseClassifierConfig,
  planClassifier,
} from '../../backbone/index.ts';
import { createEngine } from '../../engine/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

interface Case {
  readonly name: string;
  readonly config: unknown;
  readonly height: number;
  readonly width: number;
  readonly tensors: number;
  readonly logits: number[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'resnet.json'), 'utf8'));

for (const engineName of ['onnx', 'wasm'] as const) {
  for (const { config, height, logits: expected, name, tensors, width } of cases) {
    test(`${name} on ${engineName} equals torch`, async () => {
      const parsed = parseClassifierConfig(config, name);
      const shapes = classifierShapes(planClassifier(parsed));
      assert.is(Object.keys(shapes).length, tensors);
      const engine = await createEngine(engineName, { threads: 1 });
      const program = await engine.compile(classifierProgram(parsed, waveWeights(shapes)));
      const data = Float32Array.from(wave(height * width * 3, 0));
      const { logits } = await program.run({ image: { shape: [1, height, width, 3], data } });
      const values = await logits.data();
      const step = Math.max(1, Math.floor(values.length / 10));
      const greatest = Math.max(...expected.map(Math.abs));
      expected.forEach((value, i) => {
        assert.ok(
          Math.abs(values[i * step] - value) < 1e-4 * greatest,
          `logit ${i * step}: ${values[i * step]}, not ${value}`,
        );
      });
      logits.dispose();
      await program.dispose();
    });
  }
}

test('parameter counts are the published ones', () => {
  const count = (config: object) =>
    parameterCount(classifierShapes(planClassifier(parseClassifierConfig(config, 'test'))));
  const imagenet = { 18: 11689512, 34: 21797672, 50: 25557032, 101: 44549160, 152: 60192808 };
  for (const [depth, published] of Object.entries(imagenet)) {
    assert.is(count({ architecture: `resnet${depth}`, num_classes: 1000 }), published);
  }
  const cifar = { 20: 269722, 56: 853018, 110: 1727962, 1202: 19421274 };
  for (const [depth, published] of Object.entries(cifar)) {
    assert.is(count({ architecture: `resnet${depth}`, stem: 'cifar', shortcut: 'A', num_classes: 10 }), published);
  }
});

test('features have the channels and strides that heads rely on', () => {
  const plan = planClassifier(parseClassifierConfig({ architecture: 'resnet50', num_classes: 1000 }, 'test'));
  assert.equal(plan.channels, [256, 512, 1024, 2048]);
  assert.equal(plan.strides, [4, 8, 16, 32]);
  const cifar = planClassifier(
    parseClassifierConfig({ architecture: 'resnet20', stem: 'cifar', num_classes: 10 }, 'test'),
  );
  assert.equal(cifar.channels, [16, 32, 64]);
  assert.equal(cifar.strides, [1, 2, 4]);
});

function refuses(config: object, pattern: RegExp): void {
  try {
    planClassifier(parseClassifierConfig(config, 'm.safetensors'));
  } catch (error) {
    assert.is((error as ResnetCocoError).code, 'BAD_CONFIG');
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable('it was accepted');
}

test('a wrong configuration is refused, naming the field', () => {
  refuses({ architecture: 'resnet51', num_classes: 10 }, /resnet51.*18, 34, 50/);
  refuses({ architecture: 'resnet50', stem: 'cifar', shortcut: 'A', num_classes: 0 }, /num_classes/);
  refuses({ architecture: 'resnet21', stem: 'cifar', num_classes: 10 }, /6n \+ 2/);
  refuses({ architecture: 'vgg16', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'resnet18', num_classes: 2, categories: [{ name: 'one' }] }, /categories has 1/);
  refuses({ architecture: 'resnet18', num_classes: 2, learning_rate: 1 }, /learning_rate/);
  refuses({ architecture: 'resnet18', num_classes: 2, image_std: [1, 0, 1] }, /image_std\.1/);
});

test.run();
