import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureOf, detectorTitle, parseDetectorConfig } from '../../../detection/index.ts';
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
  const naming = files.filter((file) => /['"`]fasterrcnn['"`]/.test(readFileSync(join(projectRoot, file), 'utf8')));
  assert.equal(naming.sort(), [
    'checkpoints/known-models.ts',
    'detection/architectures/faster-rcnn.ts',
    'detection/model/faster-rcnn-config.ts',
    'detection/model/infer-faster-rcnn.ts',
  ]);
});

test('a configuration goes by the architecture that it names; one of none is refused, naming those there are', () => {
  const config = parseDetectorConfig(common, 'file');
  assert.is(architectureOf(config).name, 'fasterrcnn');
  assert.is(detectorTitle(config), 'Faster R-CNN with resnet18');
  assert.match(
    refusal({ ...common, architecture: 'yolo' }),
    /^file: config: architecture: must be one of 'fasterrcnn', is "yolo"/,
  );
  assert.match(refusal({ backbone: 'resnet18' }), /architecture: must be one of 'fasterrcnn', is missing/);
  for (const config of [null, 3, 'fasterrcnn', [], undefined]) assert.match(refusal(config), /is missing/);
});

test('the feature pyramid says how many levels have anchors, and of which size', () => {
  assert.equal(parseDetectorConfig(common, 'file').anchor_sizes, [[32], [64], [128], [256], [512]]);
  assert.match(
    refusal({ ...common, anchor_sizes: [[32], [64], [128], [256]] }),
    /anchor_sizes has 4 levels, but the feature pyramid gives 5/,
  );
});

test.run();
