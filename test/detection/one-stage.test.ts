import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint, writeSafetensors } from '../../checkpoints/index.ts';
import {
  convertModel,
  detectorSettings,
  detectorStart,
  evaluateDetector,
  exportModel,
  loadDetector,
  modelInfo,
  trainDetector,
} from '../../detection/index.ts';
import { createEngine } from '../../engine/index.ts';
import { COCO } from '../../eval/index.ts';
import { waveDetector } from '../wave-models.ts';
import { paintedImages } from './training/painted-images.ts';

const test = suite('a one-stage detector');
const root = mkdtempSync(join(tmpdir(), 'one-stage-'));
test.after(() => rmSync(root, { recursive: true }));

const images = await paintedImages(join(root, 'images'), 8, 1);
const config = {
  fpn_out_channels: 32,
  anchor_sizes: [8, 16, 32, 64, 128].map((size) => [size]),
  norm_layer: 'FrozenBatchNorm2d',
  score_thresh: 0.01,
};
const choices = {
  ...{ minSize: [48], maxSize: 64, batch: 2, trainableLayers: 0, config, warmup: 0, lr: 0.01 },
  schedule: 'constant',
} as const;

for (const arch of ['retinanet_resnet18_fpn', 'retinanet_resnet18_fpn_v2']) {
  test(`${arch} is trained, evaluated, loaded, trained further, described and exported as any detector`, async () => {
    const engine = await createEngine('onnx', { threads: 1 });
    const settings = detectorSettings(images, { ...choices, arch, epochs: 2, clipNorm: 10 });
    const folder = join(root, arch);
    const losses: number[] = [];
    const { best, files } = await trainDetector({
      ...{ engine, images, validation: images, settings, folder, workers: 1 },
      onEpoch: ({ loss }) => void losses.push(loss),
    });
    assert.ok(losses[1] < losses[0], `${losses}`);
    assert.ok(best && best.AP >= 0);

    const detector = await loadDetector(files.model, { threads: 1 });
    assert.is(detector.config.architecture, 'retinanet');
    assert.is(detector.scoreThresh, 0.01);
    const gt = new COCO(images.dataset, 'painted');
    const { evaluation, results } = await evaluateDetector(detector, gt, images.files);
    assert.ok(evaluation.eval);
    assert.ok(results.length > 0 && results.every(({ category_id, score }) => category_id > 0 && score > 0.01));
    await detector.dispose();

    const info = await modelInfo(files.model);
    assert.ok('task' in info && info.task === 'detection' && !('problem' in info && info.problem));
    const graphs = await exportModel(files.model);
    assert.equal(
      graphs.map(({ part }) => part),
      [''],
    );

    const start = await detectorStart(files.model);
    const further = detectorSettings(images, { ...choices, epochs: 1 }, start);
    assert.equal(further.model, settings.model);
    const next = { engine, images, settings: further, init: files.model, folder: `${folder}-next`, workers: 1 };
    const { steps } = await trainDetector(next);
    assert.is(steps, 3);
  });
}

test('a file without a configuration is told by its tensors, and by those that it had formerly', async () => {
  const architecture = 'retinanet';
  const categories = [{ id: 1, name: 'class 1' }];
  const version1 = waveDetector({
    architecture,
    backbone: 'resnet18',
    num_classes: 2,
    categories,
    fpn_out_channels: 32,
  });
  const version2 = waveDetector({
    ...{ architecture, backbone: 'resnet18', num_classes: 2, categories, fpn_out_channels: 64, use_P5: false },
    ...{ head_norm_layer: 'GroupNorm', box_loss_type: 'giou' },
  });
  for (const { config, tensors } of [version1, version2]) {
    const former = [...tensors].map(([name, tensor]) => {
      const before = name
        .replace(/(head\.conv)\.(\d)\.0\.(\w+)$/, (_, conv, i, kind) => `${conv}.${2 * i}.${kind}`)
        .replace(/(_blocks\.\d)\.0\./, '$1.');
      return [before, tensor] as const;
    });
    for (const [kind, all] of Object.entries({ today: tensors, former: new Map(former) })) {
      if (kind === 'former' && config === version2.config) continue;
      const file = join(root, `${kind}.safetensors`);
      await writeSafetensors(file, all);
      const out = join(root, 'converted.safetensors');
      await convertModel(file, out);
      const info = await modelInfo(out);
      assert.equal({ ...(info.config as object) }, { ...config });
      const converted = await openCheckpoint(out);
      assert.equal([...converted.tensors.keys()].sort(), [...tensors.keys()].sort());
      converted.close();
    }
  }
});

test.run();
