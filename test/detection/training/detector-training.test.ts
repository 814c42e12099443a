import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DetectorTraining,
  fasterRcnnShapes,
  parseFasterRcnnConfig,
  parseTrainingSettings,
  type RegionSampling,
  type TrainingImage,
} from '../../../detection/index.ts';
import type { RpnLevel } from '../../../detection/ops/proposals.ts';
import type { DetectorLosses } from '../../../detection/training/training-batch.ts';
import { createEngine, type TrainingOptions } from '../../../engine/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { Random } from '../../../io/random.ts';
import { fixturesDir } from '../../shared-data.ts';
import { waveWeights } from '../../waves.ts';
import {
  assertProbe,
  chosen,
  close,
  type ImageCase,
  type Probe,
  proposedIn,
  trainingImage,
} from './recorded-batches.ts';

const test = suite('detector training');

interface Case {
  readonly config: Record<string, unknown>;
  readonly settings: Record<string, number>;
  readonly batches: {
    readonly images: ImageCase[];
    readonly losses: Record<string, number>;
    readonly gradients: Record<string, Probe>;
    readonly running: Record<string, Probe>;
  }[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'detection_training.json'), 'utf8'));

async function create(
  { config, settings }: Pick<Case, 'config' | 'settings'>,
  more = {},
  options: TrainingOptions = { optimizer: { kind: 'sgd' } },
  isTame = false,
) {
  const parsed = parseFasterRcnnConfig(config, 'fixture');
  const parsedSettings = parseTrainingSettings({ ...settings, trainable_backbone_layers: 5, ...more }, 'fixture');
  const weights = waveWeights(fasterRcnnShapes(parsed));
  for (const [name, tensor] of Object.entries(weights)) {
    if (isTame && /bn2\.weight$|rpn\.head|box_predictor/.test(name)) {
      weights[name] = { ...tensor, data: (tensor.data as Float32Array).map((value) => 0.1 * value) };
    }
  }
  return DetectorTraining.create(await createEngine('onnx', { threads: 1 }), parsed, weights, parsedSettings, options);
}

for (const { batches, config, settings } of cases) {
  test(`${config.backbone}, ${config.norm_layer ?? 'frozen norms'}, ${config.fpn_out_channels} channels: losses and gradients of every parameter equal torchvision's`, async () => {
    const training = await create({ config, settings });
    for (const [i, { gradients, images, losses, running }] of batches.entries()) {
      const batch = images.map(trainingImage);
      const ours = await training.gradients(batch, chosen(images));
      for (const [name, expected] of Object.entries(losses)) {
        const actual = ours[name as keyof typeof ours] as number;
        assert.ok(close(actual, expected, 1e-3), `${name}: ${actual}, not ${expected}`);
      }
      assert.equal(Object.keys(ours.gradients).sort(), Object.keys(gradients).sort());
      for (const [name, probe] of Object.entries(gradients)) assertProbe(name, ours.gradients[name], probe, 1);
      if (i < batches.length - 1) continue;
      // Norms that follow the data do so at a step, of whatever size.
      await training.step(batch, chosen(images), 0);
      const { weights } = await training.snapshot();
      for (const [name, probe] of Object.entries(running)) assertProbe(name, weights[name], probe, 2);
    }
    await training.dispose();
  });
}

test('twenty steps of SGD, momentum, decay and clipped gradients follow torchvision', async () => {
  const recorded: Pick<Case, 'config' | 'settings'> & {
    readonly optimizer: Record<'rate' | 'momentum' | 'weight_decay' | 'clip_norm', number>;
    readonly steps: { readonly images: ImageCase[]; readonly losses: Record<string, number> }[];
  } = JSON.parse(readFileSync(join(fixturesDir, 'detection_steps.json'), 'utf8'));
  const { clip_norm, momentum, rate, weight_decay } = recorded.optimizer;
  const training = await create(
    recorded,
    {},
    { optimizer: { kind: 'sgd', momentum, weightDecay: weight_decay }, clipNorm: clip_norm },
    true,
  );
  for (const [step, { images, losses }] of recorded.steps.entries()) {
    const ours = await training.step(images.map(trainingImage), chosen(images), rate);
    for (const [name, expected] of Object.entries(losses)) {
      const actual = ours[name as keyof DetectorLosses]!;
      assert.ok(close(actual, expected, 2e-3), `step ${step}: ${name}: ${actual}, not ${expected}`);
    }
  }
  await training.dispose();
});

const [small] = cases;
const batch = small.batches[0].images.map(trainingImage);

test('what is proposed equals torchvision, and chance is the seed’s', async () => {
  const training = await create(small, { trainable_backbone_layers: 3 });
  const proposed: Float32Array[] = [];
  const choices = training.choices(new Random(1));
  const watching: RegionSampling = {
    ...choices,
    propose: (levels: readonly RpnLevel[], list) => {
      const boxes = choices.propose(levels, list);
      proposed.push(...boxes);
      return boxes;
    },
  };
  const first = await training.gradients(batch, watching);
  for (const [i, image] of small.batches[0].images.entries()) {
    const expected = proposedIn(image);
    assert.is(proposed[i].length, expected.length);
    assert.ok(proposed[i].every((side, k) => Math.abs(side - expected[k]) < 0.02));
  }
  const losses = ({ gradients: _, ...rest }: typeof first) => rest;
  assert.equal(losses(await training.gradients(batch, training.choices(new Random(1)))), losses(first));
  assert.not.equal(losses(await training.gradients(batch, training.choices(new Random(2)))), losses(first));
  const names = Object.keys(first.gradients);
  assert.ok(names.every((name) => !/body\.(conv1|bn1|layer1)|\.bn\d/.test(name)));
  assert.ok(names.includes('backbone.body.layer2.0.conv1.weight') && names.includes('rpn.head.bbox_pred.bias'));
  await training.dispose();
});

test('the losses fall when the same batch is trained again and again; without objects they stay finite', async () => {
  const training = await create(small, { trainable_backbone_layers: 2 });
  const choices = training.choices(new Random(3));
  const total = async (images: readonly TrainingImage[], rate: number) => {
    const { gradientNorm: _, ...losses } = await training.step(images, choices, rate);
    return Object.values(losses).reduce((sum, loss) => sum + loss, 0);
  };
  const start = await total(batch, 2e-4);
  for (let i = 0; i < 8; i++) await total(batch, 2e-4);
  const end = await total(batch, 2e-4);
  assert.ok(end < 0.8 * start, `${start} to ${end}`);
  assert.ok(Number.isFinite(await total(batch.slice(1), 2e-4)));
  await training.dispose();
});

test('a step over several batches goes by the mean of their losses', async () => {
  const training = await create(small, { trainable_backbone_layers: 1 });
  const batches = small.batches.map(({ images }) => ({ images: images.map(trainingImage), choices: chosen(images) }));
  const separate: Awaited<ReturnType<typeof training.gradients>>[] = [];
  for (const { choices, images } of batches) separate.push(await training.gradients(images, choices));
  const before = (await training.snapshot()).weights;
  const rate = 1e-2;
  const { loss_classifier } = await training.accumulatedStep(batches, rate);
  const { weights } = await training.snapshot();
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(close(loss_classifier, mean(separate.map((one) => one.loss_classifier)), 1e-5));
  for (const name of Object.keys(separate[0].gradients)) {
    const expected = before[name].map((value, i) => value - rate * mean(separate.map((one) => one.gradients[name][i])));
    const distance = (to: Float32Array) => Math.sqrt(expected.reduce((sum, value, i) => sum + (value - to[i]) ** 2, 0));
    const [moved, off] = [distance(before[name]), distance(weights[name])];
    assert.ok(off <= 1e-3 * moved + 1e-6, `${name}: ${off} off, of ${moved}`);
  }
  await training.dispose();
});

test('a box without area and an unknown class are refused', async () => {
  const training = await create(small);
  const attempt = async (boxes: number[], label: number, pattern: RegExp) => {
    const objects = { boxes: Float32Array.from(boxes), labels: Int32Array.of(label) };
    await training.step([{ ...batch[0], objects }], training.choices(new Random(1)), 0.1).then(
      () => assert.unreachable('it trained'),
      (error: ResnetCocoError) => {
        assert.is(error.code, 'BAD_DATASET');
        assert.match(error.message, pattern);
      },
    );
  };
  await attempt([4, 4, 4, 9], 1, /image 0: box 0 is \[4, 4, 4, 9\]/);
  await attempt([4, 4, 8, 9], 9, /class 9, not 1 … 4/);
  await training.dispose();
});

test.run();
