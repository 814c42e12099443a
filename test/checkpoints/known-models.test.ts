import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classifierParameters, parameterCount, parseClassifierConfig, planClassifier } from '../../backbone/index.ts';
import { findModel, isModelName, knownModels } from '../../checkpoints/index.ts';
import { detectorParameterCount, parseDetectorConfig } from '../../detection/index.ts';
import { ResnetCocoError } from '../../errors.ts';

for (const { name, task, parameters, config } of knownModels) {
  test(`${name}: its configuration is valid and has as many parameters as published`, () => {
    if (task === 'classification') {
      const parsed = parseClassifierConfig(config, name);
      assert.is(parameterCount(classifierParameters(planClassifier(parsed))), parameters);
    } else assert.is(detectorParameterCount(parseDetectorConfig(config, name)), parameters);
  });
}

test('files carry the beginning of their hash, and lie where torchvision has them', () => {
  for (const { file, url, hashPrefix } of knownModels) {
    assert.match(hashPrefix, /^[0-9a-f]{8}$/);
    assert.ok(file.endsWith(`-${hashPrefix}.pth`));
    assert.is(url, `https://download.pytorch.org/models/${file}`);
  }
  assert.is(new Set(knownModels.map(({ file }) => file)).size, knownModels.length);
});

test('no two models go by one name', () => {
  const names = knownModels.flatMap(({ name, aliases }) => [name, ...aliases].map((each) => each.toLowerCase()));
  assert.is(new Set(names).size, names.length);
});

test('names of ours, of torchvision and of timm', () => {
  for (const [name, file] of [
    ['resnet18', 'resnet18-f37072fd.pth'],
    ['resnet34', 'resnet34-b627a593.pth'],
    ['resnet50', 'resnet50-11ad3fa6.pth'],
    ['ResNet50', 'resnet50-11ad3fa6.pth'],
    ['resnet50-v1', 'resnet50-0676ba61.pth'],
    ['ResNet50_Weights.IMAGENET1K_V1', 'resnet50-0676ba61.pth'],
    ['resnet50.tv_in1k', 'resnet50-0676ba61.pth'],
    ['ResNet50_Weights.DEFAULT', 'resnet50-11ad3fa6.pth'],
    ['resnet101', 'resnet101-cd907fc2.pth'],
    ['resnet152-v1', 'resnet152-394f9c45.pth'],
    ['resnet152', 'resnet152-f82ba261.pth'],
    ['fasterrcnn_resnet50_fpn', 'fasterrcnn_resnet50_fpn_coco-258fb6c6.pth'],
    ['FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1', 'fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth'],
    ['retinanet_resnet50_fpn', 'retinanet_resnet50_fpn_coco-eeacb38b.pth'],
    ['RetinaNet_ResNet50_FPN_V2_Weights.DEFAULT', 'retinanet_resnet50_fpn_v2_coco-5905b1c5.pth'],
  ]) {
    assert.is(findModel(name).file, file, name);
    assert.ok(isModelName(name));
  }
});

test('the version that a classifier is tells what it is fed', () => {
  assert.is(findModel('resnet50-v1').config.resize_size, 256);
  assert.is(findModel('resnet50').config.resize_size, 232);
});

test('an unknown name is answered with the nearest', () => {
  for (const [name, nearest] of [
    ['resnet5', 'resnet50-v1'],
    ['resnet-18', 'resnet18'],
    ['fasterrcnn', 'fasterrcnn_resnet50_fpn, fasterrcnn_resnet50_fpn_v2'],
    ['faster_rcnn_resnet50_fpn', 'fasterrcnn_resnet50_fpn'],
    ['', 'resnet'],
    ['constructor', 'resnet'],
  ]) {
    assert.not(isModelName(name));
    assert.throws(
      () => findModel(name),
      (error: unknown) =>
        error instanceof ResnetCocoError &&
        error.code === 'UNKNOWN_MODEL' &&
        error.message.startsWith(`no model is called '${name}'; the nearest known are ${nearest}`),
    );
  }
});

test.run();
