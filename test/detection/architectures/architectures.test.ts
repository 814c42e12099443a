import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureOf, detectorTitle, parseDetectorConfig, parseFasterRcnnConfig } from '../../../detection/index.ts';
import { parseRetinaNetConfig } from '../../../detection/model/retinanet/retinanet-config.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { projectRoot } from '../../shared-data.ts';

const common = { architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 3, categories: [] };

function refusal(config: unknown): string {
  try {
    parseDetectorConfig(config, 'file');
  } catch (error) {
    assert.is((error as ResnetCocoError).code, 'BAD_CONFIG');
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

test('an architecture goes by its name in its own files alone, and in the list of known models', () => {
  const folders = ['backbone', 'checkpoints', 'detection', 'server', 'cli', 'training', 'engine'];
  const files = globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: projectRoot },
  );
  const naming = (name: string) =>
    files
      .filter((file) => new RegExp(`['"\`]${name}['"\`]`).test(readFileSync(join(projectRoot, file), 'utf8')))
      .sort();
  assert.equal(naming('retinanet'), [
    'checkpoints/known-models.ts',
    'detection/architectures/retinanet.ts',
    'detection/model/retinanet/infer-retinanet.ts',
    'detection/model/retinanet/retinanet-config.ts',
  ]);
  assert.equal(naming('fasterrcnn'), [
    'checkpoints/known-models.ts',
    'detection/architectures/faster-rcnn.ts',
    'detection/model/faster-rcnn/faster-rcnn-config.ts',
    'detection/model/faster-rcnn/infer-faster-rcnn.ts',
  ]);
});

test('a configuration goes by the architecture that it names; one of none is refused, naming those there are', () => {
  const config = parseDetectorConfig(common, 'file');
  assert.is(architectureOf(config).name, 'fasterrcnn');
  assert.is(detectorTitle(config), 'Faster R-CNN with resnet18');
  const oneStage = parseDetectorConfig({ ...common, architecture: 'retinanet' }, 'file');
  assert.equal([architectureOf(oneStage).name, detectorTitle(oneStage)], ['retinanet', 'RetinaNet with resnet18']);
  assert.match(
    refusal({ ...common, architecture: 'yolo' }),
    /^file: config: architecture: must be one of 'fasterrcnn', 'retinanet', is "yolo"/,
  );
  assert.match(refusal({ backbone: 'resnet18' }), /architecture: must be one of 'fasterrcnn', 'retinanet', is missing/);
  for (const config of [null, 3, 'fasterrcnn', [], undefined]) assert.match(refusal(config), /is missing/);
});

test('the feature pyramid says how many levels have anchors, and of which size', () => {
  assert.equal(parseFasterRcnnConfig(common, 'file').anchor_sizes, [[32], [64], [128], [256], [512]]);
  assert.match(
    refusal({ ...common, anchor_sizes: [[32], [64], [128], [256]] }),
    /anchor_sizes has 4 levels, but the feature pyramid gives 5/,
  );
  const oneStage = { ...common, architecture: 'retinanet' };
  const { anchor_sizes } = parseRetinaNetConfig(oneStage, 'file');
  assert.equal([anchor_sizes[0], anchor_sizes[4]], [[32, 40, 50], [512, 645, 812]]); // biome-ignore format: one line
  assert.match(refusal({ ...oneStage, anchor_sizes: [[32]] }), /anchor_sizes has 1 levels, but the feature pyramid/);
  assert.match(
    refusal({ ...oneStage, fpn_out_channels: 48, head_norm_layer: 'GroupNorm' }),
    /fpn_out_channels is 48, which head_norm_layer cannot divide into 32 groups/,
  );
  assert.match(refusal({ ...oneStage, box_score_thresh: 0.1 }), /box_score_thresh: no such setting/);
});

test.run();
