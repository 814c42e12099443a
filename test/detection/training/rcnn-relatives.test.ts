import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DetectorTraining, fasterRcnnShapes, parseTrainingSettings } from '../../../detection/index.ts';
import { parseFasterRcnnConfig } from '../../../detection/model/faster-rcnn/faster-rcnn-config.ts';
import { createEngine } from '../../../engine/index.ts';
import { scaledWeights } from '../../scaled-weights.ts';
import { fixturesDir } from '../../shared-data.ts';
import { waveWeights } from '../../waves.ts';
import { assertProbe, chosen, close, type ImageCase, type Probe, trainingImage } from './recorded-batches.ts';

const test = suite('training of the relatives of Faster R-CNN');

interface Case {
  readonly kind: string;
  readonly training: {
    readonly config: Record<string, unknown>;
    readonly settings: Record<string, number>;
    readonly batches: {
      readonly images: ImageCase[];
      readonly losses: Record<string, number>;
      readonly gradients: Record<string, Probe>;
    }[];
  };
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'));

for (const {
  kind,
  training: { batches, config, settings },
} of cases) {
  const norms = config.norm_layer ?? 'frozen norms';
  test(`${kind}, ${norms}: losses and gradients of every parameter equal torch's`, async () => {
    const parsed = parseFasterRcnnConfig(config, 'fixture');
    const training = await DetectorTraining.create(
      await createEngine('onnx', { threads: 1 }),
      parsed,
      waveWeights(fasterRcnnShapes(parsed)),
      parseTrainingSettings({ ...settings, trainable_backbone_layers: 5 }, 'fixture'),
      { optimizer: { kind: 'sgd' } },
    );
    for (const { gradients, images, losses } of batches) {
      const ours = await training.gradients(images.map(trainingImage), chosen(images));
      const { gradients: _, ...ourLosses } = ours;
      assert.equal(Object.keys(ourLosses).sort(), Object.keys(losses).sort());
      for (const [name, expected] of Object.entries(losses)) {
        const actual = ourLosses[name as keyof typeof ourLosses]!;
        assert.ok(close(actual, expected, 1e-3), `${name}: ${actual}, not ${expected}`);
      }
      assert.equal(Object.keys(ours.gradients).sort(), Object.keys(gradients).sort());
      for (const [name, probe] of Object.entries(gradients)) {
        // A softmax over a heatmap takes no notice of its bias: what is left is rounding.
        if (name.endsWith('lowres.bias')) assert.ok(ours.gradients[name].every((value) => Math.abs(value) < 1e-5));
        else assertProbe(name, ours.gradients[name], probe, 1);
      }
    }
    await training.dispose();
  });
}

test('objects without a mask or joints train the other heads', async () => {
  const { config, settings, batches } = cases.find(({ kind }) => kind === 'mask and keypoint')!.training;
  const parsed = parseFasterRcnnConfig(config, 'fixture');
  const training = await DetectorTraining.create(
    await createEngine('onnx', { threads: 1 }),
    parsed,
    waveWeights(fasterRcnnShapes(parsed)),
    parseTrainingSettings(settings, 'fixture'),
    { optimizer: { kind: 'sgd' } },
  );
  const [{ images, losses }] = batches;
  const whole = images.map(trainingImage);
  const bare = whole.map(({ objects: { boxes, labels }, ...image }) => ({ ...image, objects: { boxes, labels } }));
  const ours = await training.gradients(bare, chosen(images));
  assert.is(ours.loss_mask, 0);
  assert.is(ours.loss_keypoint, 0);
  assert.ok(close(ours.loss_classifier, losses.loss_classifier, 1e-3));
  assert.ok(ours.gradients['roi_heads.mask_predictor.conv5_mask.weight'].every((value) => value === 0));
  const first = whole.map(({ objects, ...image }) => ({
    ...image,
    objects: { ...objects, masks: objects.masks!.map((mask, i) => (i ? undefined : mask)) },
  }));
  const some = await training.gradients(first, chosen(images));
  assert.ok(some.loss_mask! > 0 && some.loss_mask !== losses.loss_mask);
  await training.dispose();
});

interface Steps extends Record<'config' | 'settings', Record<string, number>> {
  readonly optimizer: Record<'rate' | 'momentum' | 'weight_decay' | 'clip_norm', number>;
  /** Parts of the names of weights that start at a tenth. */
  readonly tamed: readonly string[];
  readonly steps: readonly { readonly images: ImageCase[]; readonly losses: Record<string, number> }[];
}

test('ten steps of SGD with boxes, masks and joints follow torchvision', async () => {
  const recorded: Steps = JSON.parse(readFileSync(join(fixturesDir, 'rcnn_relatives_steps.json'), 'utf8'));
  const { clip_norm, momentum, rate, weight_decay } = recorded.optimizer;
  const parsed = parseFasterRcnnConfig(recorded.config, 'fixture');
  const tenths = Object.fromEntries(recorded.tamed.map((part) => [part, 0.1]));
  const training = await DetectorTraining.create(
    await createEngine('onnx', { threads: 1 }),
    parsed,
    scaledWeights(waveWeights(fasterRcnnShapes(parsed)), tenths),
    parseTrainingSettings({ ...recorded.settings, trainable_backbone_layers: 5 }, 'fixture'),
    { optimizer: { kind: 'sgd', momentum, weightDecay: weight_decay }, clipNorm: clip_norm },
  );
  for (const [step, { images, losses }] of recorded.steps.entries()) {
    const ours = await training.step(images.map(trainingImage), chosen(images), rate);
    for (const [name, expected] of Object.entries(losses)) {
      const actual = ours[name as keyof typeof ours]!;
      assert.ok(close(actual, expected, 1e-2), `step ${step}: ${name}: ${actual}, not ${expected}`);
    }
  }
  await training.dispose();
});

test.run();
