import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../datasets/random.ts';
import {
  DetectorTraining,
  fasterRcnnShapes,
  parseDetectorConfig,
  parseTrainingSettings,
  type TrainingChoices,
  type TrainingImage,
} from '../../detection/index.ts';
import type { RpnLevel } from '../../detection/proposals.ts';
import type { Sample } from '../../detection/sampler.ts';
import { createEngine } from '../../engine/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

const test = suite('detector training');

interface ImageCase {
  readonly height: number;
  readonly width: number;
  readonly boxes: number[][];
  readonly labels: number[];
  readonly anchors: { readonly positive: number[]; readonly negative: number[] };
  readonly proposals: { readonly positive: number[]; readonly negative: number[] };
  readonly proposed: string;
}
/** Norm, largest number, product with a wave, and some numbers. */
type Probe = readonly number[];
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

function trainingImage({ boxes, height, labels, width }: ImageCase, index: number): TrainingImage {
  const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]; // biome-ignore format: one line
  const data = Float32Array.from(wave(height * width * 3, height + width), (value, i) => {
    return (Math.fround(0.5 + 0.5 * value) - mean[i % 3]) / std[i % 3];
  });
  const objects = { boxes: Float32Array.from(boxes.flat()), labels: Int32Array.from(labels) };
  return { height, width, data, objects, file: `image ${index}` };
}

const sampleOf = ({ negative, positive }: ImageCase['anchors']): Sample => ({
  positive: Int32Array.from(positive),
  negative: Int32Array.from(negative),
});
const proposedIn = (image: ImageCase) => new Float32Array(new Uint8Array(Buffer.from(image.proposed, 'base64')).buffer);

/** What torchvision chose, whose labels are checked against ours. */
const chosen = (images: readonly ImageCase[]): TrainingChoices => ({
  anchors: (labels, image) => checkedSample(labels, images[image].anchors),
  proposals: (labels, image) => checkedSample(labels, images[image].proposals),
  propose: () => images.map(proposedIn),
});
function checkedSample(labels: Int32Array, recorded: ImageCase['anchors']): Sample {
  assert.ok(recorded.positive.every((row) => labels[row] > 0) && recorded.negative.every((row) => labels[row] === 0));
  return sampleOf(recorded);
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
  { config, settings }: Pick<Case, 'config' | 'settings'>,
  more = {},
  engine = 'onnx' as 'onnx' | 'wasm',
) {
  const parsed = parseDetectorConfig(config, 'fixture');
  const parsedSettings = parseTrainingSettings({ ...settings, trainable_backbone_layers: 5, ...more }, 'fixture');
  const weights = waveWeights(fasterRcnnShapes(parsed));
  const options = { optimiser: { kind: 'sgd' } } as const;
  return DetectorTraining.create(await createEngine(engine, { threads: 1 }), parsed, weights, parsedSettings, options);
}

for (const { batches, config, settings } of cases) {
  test(`${config.backbone}, ${config.norm_layer ?? 'frozen norms'}: losses and gradients of every parameter equal torchvision's`, async () => {
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

const [small] = cases;
const batch = small.batches[0].images.map(trainingImage);

test('what is proposed equals torchvision, and chance is the seed’s', async () => {
  const training = await create(small, { trainable_backbone_layers: 3 });
  const proposed: Float32Array[] = [];
  const choices = training.choices(new Random(1));
  const watching: TrainingChoices = {
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
