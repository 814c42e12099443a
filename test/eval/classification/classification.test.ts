import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ClassificationEvaluator } from '../../../eval/index.ts';
import { rejects } from '../../rejects.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wave } from '../../waves.ts';

const test = suite('classification');

interface Expected {
  readonly images: number;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly top1: number;
  readonly top5: number;
  readonly balancedAccuracy: number;
  readonly nll: number;
  readonly ece: number;
  readonly bins: readonly (readonly [images: number, accuracy: number | null, confidence: number | null])[];
  readonly perClass: readonly (readonly (number | null)[])[];
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly (readonly [image: number, prediction: number, probability: number, ofLabel: number])[];
}

const near = (actual: number | null, expected: number | null, what: string): void => {
  if (actual === null || expected === null) assert.is(actual, expected, what);
  else assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual}, expected ${expected}`);
};

test('agrees with numpy and torch, ties included', () => {
  const expected: Expected = JSON.parse(readFileSync(join(fixturesDir, 'classification.json'), 'utf8'));
  const { images, classes, labels } = expected;
  const values = wave(images * classes, 5);
  const evaluator = new ClassificationEvaluator(classes);
  for (const [i, label] of labels.entries()) {
    const logits = values.subarray(i * classes, (i + 1) * classes).map((value) => Math.round(30 * value) / 10);
    if (i % 3 === 0) logits[label] += 2.5;
    evaluator.add(logits, label, i);
  }
  const result = evaluator.result();
  assert.is(result.images, images);
  for (const key of ['top1', 'top5', 'balancedAccuracy', 'nll', 'ece'] as const) near(result[key], expected[key], key);
  for (const [i, [count, accuracy, confidence]] of expected.bins.entries()) {
    const bin = result.reliability[i];
    assert.is(bin.images, count, `bin ${i}`);
    near(bin.accuracy, accuracy, `accuracy of bin ${i}`);
    near(bin.confidence, confidence, `confidence of bin ${i}`);
  }
  assert.is(result.perClass.length, expected.perClass.length);
  for (const [i, row] of expected.perClass.entries()) {
    const { index, images, top1, top5, precision, f1 } = result.perClass[i];
    for (const [k, value] of [index, images, top1, top5, precision, f1].entries())
      near(value, row[k], `class ${index}`);
  }
  assert.equal(result.confusion, { classes: labels.slice(0, classes).map((_, i) => i), counts: expected.confusion });
  assert.is(result.mistakes.length, expected.mistakes.length);
  const byImage = new Map(result.mistakes.map((mistake) => [mistake.image, mistake]));
  for (const [i, [image, prediction, probability, ofLabel]] of expected.mistakes.entries()) {
    near(result.mistakes[i].probability, probability, `mistake ${i}`);
    const mistake = byImage.get(image)!;
    assert.equal([mistake.label, mistake.prediction], [labels[image], prediction]);
    near(mistake.labelProbability, ofLabel, `image ${image}`);
  }
});

test('what is right or wrong on paper: precision, F1, top-5 and the classes of the confusion matrix', () => {
  const evaluator = new ClassificationEvaluator(1000);
  const scores = (...best: number[]) => {
    const logits = new Float32Array(1000);
    for (const [i, index] of best.entries()) logits[index] = 20 - i;
    return logits;
  };
  evaluator.add(scores(700), 700, 0);
  evaluator.add(scores(3, 700), 700, 1);
  evaluator.add(scores(700, 1, 2, 4, 3), 3, 2);
  evaluator.add(scores(700, 1, 2, 4, 5, 3), 3, 3);
  const { top1, top5, confusion, perClass, mistakes } = evaluator.result();
  assert.equal([top1, top5], [0.25, 0.75]);
  assert.equal(confusion, {
    classes: [3, 700],
    counts: [
      [0, 2],
      [1, 1],
    ],
  });
  assert.equal(perClass, [
    { index: 3, images: 2, top1: 0, top5: 0.5, precision: 0, f1: 0 },
    { index: 700, images: 2, top1: 0.5, top5: 1, precision: 1 / 3, f1: 0.4 },
  ]);
  assert.equal(
    mistakes.map(({ image }) => image),
    [1, 2, 3],
  );
});

test('of equal logits the lower index comes first; all are in the top five of five classes', () => {
  const evaluator = new ClassificationEvaluator(6);
  for (let label = 0; label < 6; label++) evaluator.add(new Float32Array(6), label, label);
  const { top1, top5, reliability } = evaluator.result();
  assert.is(top1, 1 / 6);
  assert.is(top5, 5 / 6);
  // A confidence of 1/6 lies in (2/15, 3/15].
  assert.equal([reliability[2].images, reliability[2].accuracy], [6, 1 / 6]);
});

test('large logits do not overflow; certainty lies in the last bin', () => {
  const evaluator = new ClassificationEvaluator(2);
  evaluator.add([5000, -5000], 0, 0);
  evaluator.add([5000, -5000], 1, 1);
  const { nll, reliability, ece } = evaluator.result();
  assert.is(nll, 5000);
  assert.equal([reliability[14].images, reliability[14].confidence, ece], [2, 1, 0.5]);
});

test('without images there are no means and no classes', () => {
  const { images, top1, perClass, confusion } = new ClassificationEvaluator(3).result();
  assert.equal([images, perClass, confusion], [0, [], { classes: [], counts: [] }]);
  assert.ok(Number.isNaN(top1));
});

test('logits and labels that make no sense are refused, naming the image', async () => {
  const adding = async (logits: number[], label: number) => new ClassificationEvaluator(2).add(logits, label, 7);
  await rejects(adding([1, Number.NaN], 0), 'BAD_RESULTS', /image 7: its logit of class 1 is NaN/);
  await rejects(adding([Number.POSITIVE_INFINITY, 1], 0), 'BAD_RESULTS', /class 0 is Infinity/);
  await rejects(adding([1, 2, 3], 0), 'BAD_RESULTS', /3 logits; expected 2/);
  await rejects(adding([1, 2], 2), 'BAD_RESULTS', /label 2; expected a class from 0 to 1/);
});

test.run();
