import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  architectureFromShapes,
  classifierParameters,
  classifierProgram,
  classifierShapes,
  initialize,
  parameterCount,
  parseClassifierConfig,
  planClassifier,
} from '../../backbone/index.ts';
import { convsOf } from '../../backbone/resnet-plan.ts';
import { createEngine, exportOnnx } from '../../engine/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { Random } from '../../io/random.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

interface Case {
  readonly name: string;
  readonly config: unknown;
  readonly height: number;
  readonly width: number;
  readonly tensors: number;
  readonly parameters: number;
  readonly logits: number[];
}
const fixture = (name: string) => JSON.parse(readFileSync(join(fixturesDir, name), 'utf8'));
/** timm's, as `fixtures/variants.py` writes them. */
const variants: { readonly logits: readonly Case[]; readonly parameters: Readonly<Record<string, number>> } =
  fixture('variants.json');
const cases: readonly Case[] = [...fixture('resnet.json'), ...variants.logits];

/** Those of timm's that have all its parts: WebAssembly is slow. */
const SMALL = ['resnet10t', 'resnext14_32x4d', 'resnext14d_8x24d', 'seresnet18', 'ecaresnet26t'];
const forWasm = cases.filter((one) => SMALL.includes(one.name) || !variants.logits.includes(one));

for (const engineName of ['onnx', 'wasm'] as const) {
  for (const { config, height, logits: expected, name, parameters, tensors, width } of engineName === 'wasm'
    ? forWasm
    : cases) {
    test(`${name} on ${engineName} equals torch`, async () => {
      const parsed = parseClassifierConfig(config, name);
      const shapes = classifierShapes(planClassifier(parsed));
      assert.is(Object.keys(shapes).length, tensors);
      assert.is(parameterCount(classifierParameters(planClassifier(parsed))), parameters);
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

const planOf = (config: object) => planClassifier(parseClassifierConfig({ num_classes: 10, ...config }, 'test'));
const count = (config: object) => parameterCount(classifierParameters(planOf(config)));

test('parameter counts are the published ones', () => {
  const imagenet = { 18: 11689512, 34: 21797672, 50: 25557032, 101: 44549160, 152: 60192808 };
  for (const [depth, published] of Object.entries(imagenet)) {
    assert.is(count({ architecture: `resnet${depth}`, num_classes: 1000 }), published);
  }
  const cifar = { 20: 269722, 56: 853018, 110: 1727962, 1202: 19421274 };
  for (const [depth, published] of Object.entries(cifar)) {
    assert.is(count({ architecture: `resnet${depth}`, stem: 'cifar', shortcut: 'A' }), published);
  }
});

test("timm's variants train as many numbers as timm's code, and their tensors tell their names", () => {
  for (const [architecture, published] of Object.entries(variants.parameters)) {
    const plan = planOf({ architecture, num_classes: 1000 });
    assert.is(parameterCount(classifierParameters(plan)), published, architecture);
    const shapes = new Map(Object.entries(classifierShapes(plan)));
    const sameNet = architecture === 'ecaresnext50t_32x4d' ? 'ecaresnext26t_32x4d' : architecture;
    assert.is(architectureFromShapes(shapes), sameNet);
    const within = new Map([...shapes].map(([name, shape]) => [`backbone.body.${name}`, shape]));
    assert.is(architectureFromShapes(within, 'backbone.body.'), sameNet);
  }
});

test('parameter counts follow from blocks and widths: plain nets as option A, projections where B and C have them', () => {
  /** A 1×1 convolution and its norm. */
  const projection = (from: number, to: number) => from * to + 2 * to;
  const check = (depth: number, stem: string, blocks: readonly number[], widths: readonly number[]) => {
    const of = (shortcut: string) => count({ architecture: `resnet${depth}`, stem, shortcut });
    const changing = widths.slice(1).reduce((sum, width, i) => sum + projection(widths[i], width), 0);
    const others = widths.reduce((sum, width, i) => sum + (blocks[i] - (i ? 1 : 0)) * projection(width, width), 0);
    assert.is(count({ architecture: `plain${depth}`, stem }), of('A'));
    assert.is(of('B'), of('A') + changing);
    assert.is(of('C'), of('B') + others);
    return of('A');
  };
  for (const n of [1, 2, 3, 5, 7, 8, 9, 18, 25, 200]) {
    assert.is(check(6 * n + 2, 'cifar', [n, n, n], [16, 32, 64]), 97216 * n - 21926);
  }
  check(18, 'imagenet', [2, 2, 2, 2], [64, 128, 256, 512]);
  check(34, 'imagenet', [3, 4, 6, 3], [64, 128, 256, 512]);
});

test('a name is enough: what is left out is as the paper has it', () => {
  const parsed = (config: object) => {
    const { crop_size, resize_size, shortcut, stem } = parseClassifierConfig({ num_classes: 10, ...config }, 'test');
    return [stem, shortcut, resize_size, crop_size];
  };
  assert.equal(parsed({ architecture: 'resnet50' }), ['imagenet', 'B', 256, 224]);
  assert.equal(parsed({ architecture: 'resnet152' }), ['imagenet', 'B', 256, 224]);
  assert.equal(parsed({ architecture: 'resnet110' }), ['cifar', 'A', null, 32]);
  assert.equal(parsed({ architecture: 'resnet50', stem: 'cifar' }), ['cifar', 'A', null, 32]);
  assert.equal(parsed({ architecture: 'plain20' }), ['cifar', 'none', null, 32]);
  assert.equal(parsed({ architecture: 'plain34' }), ['imagenet', 'none', 256, 224]);
  assert.equal(parsed({ architecture: 'plain50' }), ['cifar', 'none', null, 32]);
  const whole = parseClassifierConfig({ architecture: 'plain20', num_classes: 10 }, 'test');
  assert.equal(parseClassifierConfig(JSON.parse(JSON.stringify(whole)), 'test'), whole);
});

test('a plain net has the tensors of the residual one, without those of projections', () => {
  const names = (config: object) => Object.keys(classifierShapes(planOf(config)));
  for (const [plain, residual] of [
    ['plain20', 'resnet20'],
    ['plain34', 'resnet34'],
  ]) {
    assert.equal(
      names({ architecture: plain }),
      names({ architecture: residual, shortcut: 'B' }).filter((name) => !/downsample|shortcut/.test(name)),
    );
  }
});

test('weights at the start: the deviation of He et al., the identity as norms, blocks that begin as their shortcut', () => {
  for (const architecture of ['resnet20', 'resnet50']) {
    const plan = planOf({ architecture });
    const weights = initialize(classifierParameters(plan, { zeroGamma: true }), new Random(3));
    const { data, shape } = weights['layer3.1.conv2.weight'];
    const deviation = Math.sqrt([...data].reduce((sum, value) => sum + value * value, 0) / data.length);
    assert.ok(Math.abs(deviation / Math.sqrt(2 / (shape[0] * 9)) - 1) < 0.03, `${deviation}`);
    const last = architecture === 'resnet20' ? 'bn2' : 'bn3';
    for (const [name, { data }] of Object.entries(weights)) {
      const [, gamma] = /^(?:layer\d\.\d+\.)?(?:\w+\.)?(bn\d|1)\.weight$/.exec(name) ?? [];
      if (gamma)
        assert.ok(
          data.every((value) => value === (gamma === last ? 0 : 1)),
          name,
        );
      if (name.endsWith('running_var'))
        assert.ok(
          data.every((value) => value === 1),
          name,
        );
      if (/bias$|running_mean$/.test(name))
        assert.ok(
          data.every((value) => value === 0),
          name,
        );
    }
  }
  const ends = (config: object) => convsOf(planOf(config)).filter(({ endsResidual }) => endsResidual).length;
  assert.is(ends({ architecture: 'plain20' }), 0);
  assert.is(ends({ architecture: 'resnet20', shortcut: 'C' }), 9);
});

test('the deepest of the paper is laid out, initialized and traced', () => {
  const config = parseClassifierConfig({ architecture: 'resnet1202', num_classes: 10 }, 'test');
  const weights = initialize(classifierParameters(planClassifier(config)), new Random(1));
  assert.ok(exportOnnx(classifierProgram(config, weights)).length > 4 * 19421274);
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
  refuses({ architecture: 'resnet51', num_classes: 10 }, /resnet51.*10, 14, 18, 26, 34, 50/);
  refuses({ architecture: 'resnext34_32x4d', num_classes: 10 }, /resnext34_32x4d: .*no groups/);
  refuses({ architecture: 'resnext50_64x64d', num_classes: 10 }, /at most 2048/);
  refuses({ architecture: 'resnext50', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'plain18d', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'resnetblur50', num_classes: 10 }, /architecture: must be a name such as/);
  refuses({ architecture: 'resnetaa50d', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'seresnet20', stem: 'cifar', num_classes: 10 }, /CIFAR/);
  refuses({ architecture: 'resnet50', stem: 'cifar', shortcut: 'A', num_classes: 0 }, /num_classes/);
  refuses({ architecture: 'resnet21', stem: 'cifar', num_classes: 10 }, /6n \+ 2/);
  refuses({ architecture: 'resnet1208', num_classes: 10 }, /resnet1208/);
  refuses({ architecture: 'plain50', stem: 'imagenet', num_classes: 10 }, /plain50.*18, 34$/);
  refuses({ architecture: 'plain20', shortcut: 'A', num_classes: 10 }, /shortcut: plain20 has none/);
  refuses({ architecture: 'resnet20', shortcut: 'none', num_classes: 10 }, /shortcut.*plain20/);
  refuses({ architecture: 'plain', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'resnet020', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'vgg16', num_classes: 10 }, /architecture/);
  refuses({ architecture: 'resnet18', num_classes: 2, categories: [{ name: 'one' }] }, /categories has 1/);
  refuses({ architecture: 'resnet18', num_classes: 2, learning_rate: 1 }, /learning_rate/);
  refuses({ architecture: 'resnet18', num_classes: 2, image_std: [1, 0, 1] }, /image_std\.1/);
});

test.run();
