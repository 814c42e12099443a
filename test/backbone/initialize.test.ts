import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifierParameters,
  initialize,
  type ParameterPlan,
  parseClassifierConfig,
  planClassifier,
  trainedNames,
} from '../../backbone/index.ts';
import { fasterRcnnParameters, parseFasterRcnnConfig } from '../../detection/index.ts';
import { Random } from '../../io/random.ts';

/** The first digits of a digest of all weights, by name, shape and bits. */
function digest(parameters: readonly ParameterPlan[], seed: number): string {
  const hash = createHash('sha256');
  for (const [name, { data, shape }] of Object.entries(initialize(parameters, new Random(seed)))) {
    hash.update(`${name} ${shape}`).update(new Uint8Array(data.buffer));
  }
  return hash.digest('hex').slice(0, 16);
}

test('a seed gives a classifier the weights that it always gave, to the last bit', () => {
  const plan = planClassifier(parseClassifierConfig({ architecture: 'resnet20', num_classes: 10 }, 'test'));
  assert.is(digest(classifierParameters(plan), 1), '6017428f16e4e965');
  assert.is(digest(classifierParameters(plan, { zeroGamma: true }), 1), 'f2f69978493f6289');
  assert.is(digest(classifierParameters(plan), 7), '0ca9593ce707377c');
});

test('a seed gives a detector the weights that it always gave, to the last bit', () => {
  const config = {
    ...{ architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 5, categories: [] },
    ...{ fpn_out_channels: 32, representation_size: 64, box_roi_pool_output_size: 3, box_head_conv_layers: [16] },
  };
  const parameters = fasterRcnnParameters(parseFasterRcnnConfig(config, 'test'));
  assert.is(digest(parameters, 1), 'd6d54692e0ff5f9b');
  assert.is(digest(parameters, 7), 'c25693136104dfea');
});

test('of a backbone the stages before the first that is trained stay, running statistics always', () => {
  const plan = planClassifier(parseClassifierConfig({ architecture: 'resnet20', num_classes: 10 }, 'test'));
  const names = (from: number) => trainedNames(classifierParameters(plan), from);
  assert.ok(names(0).includes('conv1.weight') && !names(0).includes('bn1.running_mean'));
  assert.not.ok(names(1).includes('bn1.weight'));
  assert.ok(names(2).every((name) => /^(layer[23]|linear)\./.test(name)) && names(2).includes('layer2.0.bn1.bias'));
  assert.equal(names(4), ['linear.weight', 'linear.bias']);
});

test.run();
