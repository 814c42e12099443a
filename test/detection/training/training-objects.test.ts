import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  fasterRcnnShapes,
  hasUsableBox,
  parseFasterRcnnConfig,
  parseTrainingSettings,
  trainableWeights,
  trainingObjects,
} from '../../../detection/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';

test('crowds and what has no area inside the image are left out, the rest is clipped', () => {
  const { boxes, labels } = trainingObjects(
    [
      { bbox: [-5, 2, 20, 10], category_id: 3 },
      { bbox: [1, 1, 5, 5], category_id: 4, iscrowd: 1 },
      { bbox: [90, 40, 30, 30], category_id: 5, iscrowd: 0 },
      { bbox: [10, 10, 0, 5], category_id: 6 },
      { bbox: [120, 10, 5, 5], category_id: 7 },
    ],
    { height: 50, width: 100 },
  );
  assert.equal([...labels], [3, 5]);
  assert.equal([...boxes], [0, 2, 15, 12, 90, 40, 100, 50]);
  assert.equal(trainingObjects([], { height: 9, width: 9 }).boxes.length, 0);
});

test('an image whose boxes are all a pixel wide or high is not worth training on', () => {
  const boxes = (...sizes: [number, number][]) => sizes.map(([w, h]) => ({ bbox: [0, 0, w, h], category_id: 1 }));
  assert.is(hasUsableBox([]), false);
  assert.is(hasUsableBox(boxes([1, 50], [50, 1])), false);
  assert.is(hasUsableBox(boxes([1, 50], [2, 2])), true);
});

const config = (more: object) =>
  parseFasterRcnnConfig(
    { architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 3, categories: [], ...more },
    'test',
  );

test('trained layers are torchvision’s: the last stages, never frozen norms, all else always', () => {
  const stagesOf = (layers: number, more = {}) => {
    const names = trainableWeights(config(more), layers);
    assert.ok(names.includes('rpn.head.cls_logits.weight') && names.includes('backbone.fpn.inner_blocks.0.0.weight'));
    assert.ok(names.every((name) => !/running/.test(name)));
    const body = names.filter((name) => name.startsWith('backbone.body.')).map((name) => name.split('.'));
    return [...new Set(body.map((parts) => parts[2]))].sort();
  };
  assert.equal(stagesOf(0), []);
  assert.equal(stagesOf(3), ['layer2', 'layer3', 'layer4']);
  assert.equal(stagesOf(5), ['conv1', 'layer1', 'layer2', 'layer3', 'layer4']);
  assert.equal(stagesOf(4, { norm_layer: 'BatchNorm2d' }), ['layer1', 'layer2', 'layer3', 'layer4']);
  assert.equal(stagesOf(5, { norm_layer: 'BatchNorm2d' }), ['bn1', 'conv1', 'layer1', 'layer2', 'layer3', 'layer4']);
  const frozen = trainableWeights(config({}), 5);
  assert.ok(frozen.every((name) => !/\.bn\d|downsample\.1/.test(name)));
  assert.is(frozen.length, Object.keys(fasterRcnnShapes(config({}))).length - 4 * 20);
});

test('settings have torchvision’s defaults, and what contradicts itself is refused', () => {
  assert.is(parseTrainingSettings({}, 'test').rpn_post_nms_top_n_train, 2000);
  for (const [settings, pattern] of [
    [{ trainable_backbone_layers: 6 }, /trainable_backbone_layers/],
    [{ rpn_bg_iou_thresh: 0.8 }, /rpn_bg_iou_thresh must not be above/],
    [{ box_bg_iou_thresh: 0.6 }, /box_bg_iou_thresh must not be above/],
    [{ rpn_batch: 1 }, /rpn_batch/],
  ] as const) {
    try {
      parseTrainingSettings(settings, 'test');
    } catch (error) {
      assert.is((error as ResnetCocoError).code, 'BAD_CONFIG');
      assert.match((error as Error).message, pattern);
      continue;
    }
    assert.unreachable(`${pattern} passed`);
  }
});

test.run();
