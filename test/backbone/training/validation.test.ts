import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classificationLoss } from '../../../backbone/classification-loss.ts';
import {
  classifierParameters,
  classifierProgram,
  initialize,
  parseClassifierConfig,
  planClassifier,
} from '../../../backbone/index.ts';
import { labelsIn, score } from '../../../backbone/training/validation.ts';
import { createEngine } from '../../../engine/index.ts';
import { Random } from '../../../io/random.ts';
import { RunningMeans } from '../../../training/running-means.ts';
import { coloredPictures } from './pictures.ts';

const test = suite('evaluation in training');

const logits = (...rows: number[][]) => ({
  shape: [rows.length, rows[0].length],
  data: Float32Array.from(rows.flat()),
});

test('loss, top-1 and top-5 in sums', () => {
  const rows = [
    [9, 0, 0, 0, 0, 0, 0],
    [0, 1, 2, 3, 4, 5, 6],
    [0, 1, 2, 3, 4, 5, 6],
  ];
  const { loss, top1, top5 } = score(logits(...rows), Int32Array.of(0, 2, 1));
  const entropy = (row: number[], label: number) =>
    Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label];
  const expected = entropy(rows[0], 0) + entropy(rows[1], 2) + entropy(rows[2], 1);
  assert.ok(Math.abs(loss - expected) < 1e-9);
  assert.equal([top1, top5], [1, 2]);
});

test('of equal logits the first class counts; large ones do not overflow', () => {
  assert.is(score(logits([3, 3]), Int32Array.of(0)).top1, 1);
  assert.is(score(logits([3, 3]), Int32Array.of(1)).top1, 0);
  assert.is(score(logits([1e30, 0]), Int32Array.of(0)).loss, 0);
});

test('what is not finite is wrong', () => {
  for (const row of [
    [Number.NaN, 0],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
  ]) {
    const { loss, top1, top5 } = score(logits(row), Int32Array.of(0));
    assert.not(Number.isFinite(loss));
    assert.equal([top1, top5], [0, 0]);
  }
});

test('labels go by the names of classes, and by place where two have the same', () => {
  const dataset = coloredPictures(3, 1, ['b', 'a', 'b']);
  assert.equal([...labelsIn(dataset, ['a', 'b'])], [1, 0, 1]);
  assert.equal([...labelsIn(dataset, ['b', 'a', 'b'])], [0, 1, 2]);
});

test('means go on where their state was taken', () => {
  const means = new RunningMeans();
  means.add(2, { loss: 6, top1: 1 });
  const other = new RunningMeans(JSON.parse(JSON.stringify(means.state)));
  other.add(4, { loss: 3, top1: 2 });
  assert.equal([other.images, other.mean('loss'), other.mean('top1')], [6, 1.5, 0.5]);
  assert.equal([means.images, means.mean('loss')], [2, 3]);
  other.clear();
  assert.equal(other.state, {});
});

test('norms of frozen weights go by their running statistics, the others by the batch', async () => {
  const config = parseClassifierConfig(
    { architecture: 'resnet8', stem: 'cifar', num_classes: 3, crop_size: 8, resize_size: null },
    'test',
  );
  const plan = planClassifier(config);
  const random = new Random(3);
  const weights = initialize(classifierParameters(plan), random);
  for (const [name, { data }] of Object.entries(weights)) {
    if (!name.includes('running')) continue;
    const least = name.endsWith('mean') ? -0.5 : 0.5;
    for (let i = 0; i < data.length; i++) data[i] = random.uniform(least, least + 1);
  }
  const image = { shape: [2, 8, 8, 3], data: Float32Array.from({ length: 384 }, () => random.normal()) };
  const target = { shape: [2, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0) };
  const engine = await createEngine('onnx', { threads: 1 });
  const program = await engine.compile(classifierProgram(config, weights));
  const expected = (await (await program.run({ image })).logits.data()) as Float32Array;
  await program.dispose();
  const off = async (freeze: number | undefined) => {
    const size = { batch: 2, height: 8, width: 8 };
    const loss = classificationLoss(plan, weights, size, { freeze });
    const training = await engine.train(loss, { optimizer: { kind: 'sgd' } });
    const { outputs } = await training.step({ image, target }, 0.1);
    const after = (await training.snapshot()).weights;
    await training.dispose();
    const changed = Object.keys(after).filter((name) =>
      after[name].some((value, i) => value !== weights[name].data[i]),
    );
    const differences = Array.from(expected, (value, i) => Math.abs(value - outputs.logits.data[i]));
    return { difference: Math.max(...differences), changed };
  };
  const frozen = await off(3);
  assert.ok(frozen.difference < 1e-4, `${frozen.difference}`);
  assert.equal(frozen.changed, ['linear.weight', 'linear.bias']);
  const partly = await off(2);
  assert.ok(partly.difference > 1e-2);
  assert.ok(partly.changed.every((name) => /^(layer3|linear)\./.test(name)));
  assert.ok(partly.changed.includes('layer3.0.bn1.running_mean'));
  const stem = await off(0);
  assert.not(stem.changed.some((name) => /^(conv1|bn1)\./.test(name)));
  assert.ok(stem.changed.includes('layer1.0.conv1.weight'));
});

test.run();
