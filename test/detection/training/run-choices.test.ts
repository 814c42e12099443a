import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DetectorStart, detectorSettings } from '../../../detection/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { paintedImages } from './painted-images.ts';

const root = mkdtempSync(join(tmpdir(), 'run-choices-'));
test.after(() => rmSync(root, { recursive: true }));
const images = await paintedImages(root, 9, 1);

test('from a detector a run is shorter, and takes over its sizes; from a backbone it is the reference training', () => {
  const { model } = detectorSettings(images, { backbone: 'resnet18', minSize: [320], maxSize: 533 });
  const detector: DetectorStart = { model: { ...model, num_classes: 91 } };
  const backbone: DetectorStart = { model: { backbone: 'resnet18' } };
  const tuned = detectorSettings(images, {}, detector);
  assert.equal(
    [tuned.epochs, tuned.schedule, tuned.recipe.min_size, tuned.recipe.max_size],
    [12, { kind: 'steps', rate: 0.0025, warmup: 0, warmup_steps: 3, milestones: [8, 11] }, [320], 533],
  );
  for (const start of [undefined, backbone]) {
    const { epochs, recipe, schedule } = detectorSettings(images, {}, start);
    assert.equal(
      [epochs, schedule, recipe.min_size],
      [26, { kind: 'steps', rate: 0.0025, warmup: 0, warmup_steps: 3, milestones: [16, 22] }, [800]],
    );
  }
  const { epochs, schedule } = detectorSettings(images, { epochs: 6 }, detector);
  assert.equal([epochs, schedule.kind === 'steps' && schedule.milestones], [6, [4, 6]]);
});

test('what is trained goes by torchvision’s name', () => {
  const { model } = detectorSettings(images, { arch: 'fasterrcnn_resnet18_fpn_v2' });
  assert.equal(
    [model.architecture, model.backbone, model.norm_layer, model.fpn_norm_layer],
    ['fasterrcnn', 'resnet18', 'BatchNorm2d', 'BatchNorm2d'],
  );
  const second = detectorSettings(images, { arch: 'retinanet_resnet18_fpn_v2', config: { fg_iou_thresh: 0.6 } });
  assert.equal(second.training, { trainable_backbone_layers: 5, fg_iou_thresh: 0.6, bg_iou_thresh: 0.4 });
  assert.is(second.model.architecture === 'retinanet' && second.model.box_loss_type, 'giou');
  const refusal = (choices: Parameters<typeof detectorSettings>[1], start?: DetectorStart) => {
    try {
      detectorSettings(images, choices, start);
    } catch (error) {
      assert.is((error as ResnetCocoError).code, 'USAGE');
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };
  assert.match(
    refusal({ arch: 'yolo' }),
    /`arch` is "yolo", which is no detector; give one such as fasterrcnn_resnet50_fpn/,
  );
  assert.match(
    refusal({ arch: 'retinanet_resnet18_fpn' }, { model }),
    /`arch` is retinanet_resnet18_fpn, but `init` is a Faster R-CNN; leave out `arch`, or begin from a resnet18/,
  );
  assert.match(
    refusal({ arch: 'fasterrcnn_resnet18_fpn', backbone: 'resnet50' }),
    /`backbone` is resnet50, but `arch` is fasterrcnn_resnet18_fpn/,
  );
  assert.match(
    refusal({ arch: 'fasterrcnn_resnet18_fpn' }, { model: { backbone: 'resnet50' } }),
    /`arch` is fasterrcnn_resnet18_fpn, but `init` has the weights of a resnet50/,
  );
});

test.run();
