import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorShapes } from '../../../backbone/index.ts';
import { detectorParameters, type TrainingImage } from '../../../detection/index.ts';
import { parseRetinaNetConfig } from '../../../detection/model/retinanet/retinanet-config.ts';
import { parseRetinaNetSettings } from '../../../detection/training/retinanet-settings.ts';
import { RetinaNetTraining } from '../../../detection/training/retinanet-training.ts';
import { createEngine, type EngineName, type TrainingOptions } from '../../../engine/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { scaledWeights } from '../../scaled-weights.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wave, waveWeights } from '../../waves.ts';

interface ImageCase {
  readonly height: number;
  readonly width: number;
  /** Of the wave that its pixels are. */
  readonly phase: number;
  readonly boxes: number[][];
  readonly labels: number[];
}
/** Norm, largest number, product with a wave, and some numbers. */
type Probe = readonly number[];
type Losses = Readonly<Record<'classification' | 'bbox_regression', number>>;
interface Start {
  readonly config: Record<string, unknown>;
  readonly scales: Record<string, number>;
}
interface Recorded {
  readonly cases: readonly (Start & {
    readonly batches: readonly {
      readonly images: ImageCase[];
      readonly losses: Losses;
      readonly gradients: Record<string, Probe>;
      readonly running: Record<string, Probe>;
    }[];
  })[];
  readonly steps: readonly (Start & {
    readonly optimizer: Record<'rate' | 'momentum' | 'weight_decay' | 'clip_norm', number>;
    readonly steps: readonly { readonly images: ImageCase[]; readonly losses: Losses }[];
  })[];
}
const { cases, steps }: Recorded = JSON.parse(readFileSync(join(fixturesDir, 'retinanet_training.json'), 'utf8'));

function trainingImage({ boxes, height, labels, phase, width }: ImageCase, index: number): TrainingImage {
  const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]; // biome-ignore format: one line
  const data = Float32Array.from(wave(height * width * 3, phase), (value, i) => {
    return (Math.fround(0.5 + 0.5 * value) - mean[i % 3]) / std[i % 3];
  });
  const objects = { boxes: Float32Array.from(boxes.flat()), labels: Int32Array.from(labels) };
  return { height, width, data, objects, file: `image ${index}` };
}

const close = (actual: number, expected: number, tolerance: number, scale = Math.abs(expected)) =>
  Math.abs(actual - expected) <= tolerance * scale;

function assertProbe(
  name: string,
  data: Float32Array,
  [norm, largest, product, ...numbers]: Probe,
  phase: number,
): void {
  const length = Math.hypot(...[data.reduce((sum, value) => sum + value * value, 0)].map(Math.sqrt));
  assert.ok(close(length, norm, 1e-3, Math.max(norm, 1e-12)), `${name}: norm ${length}, not ${norm}`);
  const waves = wave(data.length, phase);
  const ours = data.reduce((sum, value, i) => sum + value * waves[i], 0);
  assert.ok(close(ours, product, 1e-3, Math.max(norm, 1e-12)), `${name}: product ${ours}, not ${product}`);
  for (const [i, expected] of numbers.entries()) {
    const at = Math.floor((i * (data.length - 1)) / (numbers.length - 1));
    assert.ok(
      close(data[at], expected, 1e-3, Math.max(largest, 1e-12)),
      `${name}[${at}]: ${data[at]}, not ${expected}`,
    );
  }
}

async function create(
  { config, scales }: Start,
  options: TrainingOptions = { optimizer: { kind: 'sgd' } },
  { engine = 'onnx' as EngineName, factors = {}, layers = 5 } = {},
): Promise<RetinaNetTraining> {
  const parsed = parseRetinaNetConfig(config, 'fixture');
  const settings = parseRetinaNetSettings({ trainable_backbone_layers: layers }, 'fixture');
  const filled = scaledWeights(waveWeights(tensorShapes(detectorParameters(parsed))), scales);
  const weights = scaledWeights(filled, factors);
  return await RetinaNetTraining.create(await createEngine(engine, { threads: 1 }), parsed, weights, settings, options);
}

for (const engine of ['onnx', 'wasm'] as const) {
  // The eager engine takes seconds for each.
  for (const { batches, ...start } of engine === 'onnx' ? cases : cases.slice(0, 1)) {
    test(`${start.config.box_loss_type ?? 'l1'} on ${engine}: losses and gradients of every parameter equal torchvision's`, async () => {
      const training = await create(start, undefined, { engine });
      const some = engine === 'onnx' ? batches : batches.slice(0, 1);
      for (const [i, { gradients, images, losses, running }] of some.entries()) {
        const batch = images.map(trainingImage);
        const ours = await training.gradients(batch);
        for (const name of ['classification', 'bbox_regression'] as const) {
          assert.ok(close(ours[name], losses[name], 1e-3), `${name}: ${ours[name]}, not ${losses[name]}`);
        }
        assert.equal(Object.keys(ours.gradients).sort(), Object.keys(gradients).sort());
        for (const [name, probe] of Object.entries(gradients)) assertProbe(name, ours.gradients[name], probe, 1);
        if (i < some.length - 1) continue;
        // Norms that follow the data do so at a step, of whatever size.
        await training.stepOf([{ images: batch }], 0);
        const { weights } = await training.snapshot();
        for (const [name, probe] of Object.entries(running)) assertProbe(name, weights[name], probe, 2);
      }
      await training.dispose();
    });
  }
}

for (const recorded of steps) {
  test(`ten steps of SGD, momentum, decay and clipped gradients follow torchvision: ${recorded.config.box_loss_type ?? 'l1'}`, async () => {
    const { clip_norm, momentum, rate, weight_decay } = recorded.optimizer;
    const optimizer = { kind: 'sgd', momentum, weightDecay: weight_decay } as const;
    const factors = { 'bn2.weight': 0.1, cls_logits: 0.1, bbox_reg: 0.1 };
    const training = await create(recorded, { optimizer, clipNorm: clip_norm }, { factors });
    for (const [step, { images, losses }] of recorded.steps.entries()) {
      const { losses: ours } = await training.stepOf([{ images: images.map(trainingImage) }], rate);
      for (const name of ['classification', 'bbox_regression'] as const) {
        assert.ok(close(ours[name], losses[name], 1e-2), `step ${step}: ${name}: ${ours[name]}, not ${losses[name]}`);
      }
    }
    await training.dispose();
  });
}

test('a step over several batches goes by the mean of their losses', async () => {
  const [{ batches, ...start }] = cases;
  const training = await create(start, undefined, { layers: 1 });
  const all = batches.map(({ images }) => ({ images: images.map(trainingImage) }));
  const separate: Awaited<ReturnType<typeof training.gradients>>[] = [];
  for (const { images } of all) separate.push(await training.gradients(images));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const before = (await training.snapshot()).weights;
  const rate = 1e-2;
  const { losses } = await training.stepOf(all, rate);
  assert.ok(close(losses.classification, mean(separate.map((one) => one.classification)), 1e-5));
  const { weights } = await training.snapshot();
  for (const name of Object.keys(separate[0].gradients)) {
    const expected = before[name].map((value, i) => value - rate * mean(separate.map((one) => one.gradients[name][i])));
    const distance = (to: Float32Array) => Math.sqrt(expected.reduce((sum, value, i) => sum + (value - to[i]) ** 2, 0));
    const [moved, off] = [distance(before[name]), distance(weights[name])];
    assert.ok(off <= 1e-3 * moved + 1e-6, `${name}: ${off} off, of ${moved}`);
  }
  const names = Object.keys(separate[0].gradients);
  assert.ok(names.every((name) => !/body\.(conv1|layer[123])/.test(name)));
  assert.ok(
    names.includes('backbone.fpn.extra_blocks.p7.bias') && names.includes('head.regression_head.bbox_reg.weight'),
  );
  await training.dispose();
});

test('a box without area is refused', async () => {
  const [{ batches, ...start }] = cases;
  const training = await create(start);
  const [image] = batches[0].images.map(trainingImage);
  const objects = { boxes: Float32Array.of(4, 4, 4, 9), labels: Int32Array.of(1) };
  await training.stepOf([{ images: [{ ...image, objects }] }], 0.1).then(
    () => assert.unreachable('it trained'),
    (error: ResnetCocoError) => assert.is(error.code, 'BAD_DATASET'),
  );
  await training.dispose();
});

test.run();
