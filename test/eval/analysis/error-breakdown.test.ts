import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoBox, CocoResult } from '../../../datasets/index.ts';
import { breakDownErrors, type ErrorBreakdown, type ErrorCost } from '../../../eval/analysis/error-breakdown.ts';
import { errorTypes } from '../../../eval/analysis/error-types.ts';
import { FALSE_ALARM, HIT, IGNORED, outcomesOf } from '../../../eval/analysis/outcomes.ts';
import type { COCOeval } from '../../../eval/index.ts';
import { evaluated, evaluatedCase, randomCases } from './random-cases.ts';

const near = (actual: number, expected: number, what: string) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual}, expected ${expected}`);

const breakDown = (e: COCOeval): ErrorBreakdown => breakDownErrors(e, outcomesOf(e));

const objectsOf = (boxes: readonly (readonly [category: number, bbox: CocoBox, crowd?: 0 | 1])[]) => ({
  images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 100 }],
  categories: [1, 2].map((id) => ({ id, name: `c${id}` })),
  annotations: boxes.map(([category_id, bbox, iscrowd = 0], i) => ({
    id: i + 1,
    image_id: 1,
    category_id,
    bbox,
    area: bbox[2] * bbox[3],
    iscrowd,
  })),
});
const found = (category_id: number, score: number, bbox: CocoBox): CocoResult => ({
  image_id: 1,
  category_id,
  score,
  bbox,
});
const counts = ({ errors }: ErrorBreakdown) => errorTypes.map((type) => errors[type].count);

test('random cases: counts and costs are those of a slow reading of the definitions', () => {
  for (const [i, one] of randomCases.entries()) {
    const { expected } = one;
    const actual = breakDown(evaluatedCase(one));
    const cost = (mine: ErrorCost, theirs: ErrorCost, what: string) => {
      assert.is(mine.count, theirs.count, `case ${i}: count of ${what}`);
      near(mine.dAP, theirs.dAP, `case ${i}: dAP of ${what}`);
    };
    near(actual.AP, expected.AP50, `case ${i}: AP`);
    for (const type of errorTypes) cost(actual.errors[type], expected.errors[type], type);
    cost(actual.falsePositives, expected.falsePositives, 'false positives');
    cost(actual.falseNegatives, expected.falseNegatives, 'false negatives');
  }
});

test('the AP that all starts from is COCO’s AP50, and verdicts are its matching', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    e.summarize(() => {});
    if (one.maxDets === 100) near(breakDown(e).AP, e.stats[1], 'AP50');
    const { ignored, rows, truePositives } = e.evaluationDone;
    const { verdicts } = outcomesOf(e).detections;
    for (const [i, row] of rows.entries()) {
      const verdict = truePositives[i] & 1 ? HIT : ignored[i] & 1 ? IGNORED : FALSE_ALARM;
      assert.is(verdicts[row], verdict);
    }
  }
});

test('no error is worth less than nothing, every false alarm has one type, and categories make up the whole', () => {
  for (const one of randomCases) {
    const { AP, categories, errors, falseNegatives, falsePositives } = breakDown(evaluatedCase(one));
    for (const type of errorTypes) {
      assert.ok(errors[type].dAP > -1e-12 && errors[type].dAP <= 1 - AP + 1e-12, `${type}: ${errors[type].dAP}`);
      assert.is(
        categories.reduce((sum, category) => sum + category.errors[type].count, 0),
        errors[type].count,
      );
    }
    const alarms = errorTypes.filter((type) => type !== 'missed');
    assert.is(
      alarms.reduce((sum, type) => sum + errors[type].count, 0),
      falsePositives.count,
    );
    assert.ok(errors.missed.count <= falseNegatives.count);
    assert.ok(errors.missed.dAP <= falseNegatives.dAP + 1e-12);
    for (const type of alarms) assert.ok(errors[type].dAP <= 1 - AP + 1e-12);
    const known = categories.filter((category) => category.AP >= 0);
    near(known.reduce((sum, category) => sum + category.AP, 0) / known.length, AP, 'mean AP');
    const gain = known.reduce((sum, category) => sum + category.errors.classification.dAP, 0) / known.length;
    near(gain, errors.classification.dAP, 'mean dAP');
  }
});

test('with every false alarm and every object that was not found taken away, AP is 1 where anything was found', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    const { detections, objects } = outcomesOf(e);
    const results = one.results.filter((_, row) => detections.verdicts[row] === HIT);
    const kept = one.dataset.annotations.filter((_, row) => objects.detections[row] >= 0);
    if (!kept.length) continue;
    const perfect = breakDown(evaluated({ ...one.dataset, annotations: kept }, results, one.type, one.maxDets));
    near(perfect.AP, 1, 'AP');
    for (const type of errorTypes) assert.equal(perfect.errors[type], { count: 0, dAP: 0 });
  }
});

test('one error of each type', () => {
  const gt = objectsOf([
    [1, [0, 0, 20, 20]],
    [2, [40, 0, 20, 20]],
    [1, [0, 40, 20, 20]],
    [1, [70, 70, 20, 20]],
  ]);
  const e = evaluated(gt, [
    found(1, 0.9, [0, 0, 20, 20]), // a hit
    found(1, 0.8, [1, 0, 20, 20]), // a duplicate
    found(1, 0.7, [40, 0, 20, 20]), // the wrong class
    found(1, 0.6, [0, 48, 20, 20]), // a bad place
    found(2, 0.5, [0, 10, 20, 20]), // both
    found(2, 0.4, [30, 80, 10, 10]), // background
  ]);
  const { AP, errors } = breakDown(e);
  assert.equal(counts(breakDown(e)), [1, 1, 1, 1, 1, 1]);
  // Category 1: a hit in 3 objects; category 2: none in one.
  near(AP, 34 / 101 / 2, 'AP');
  // The second category's only object is found, and the first has two false alarms left behind its hit.
  near(errors.classification.dAP, 1 / 2, 'classification');
  // Hits at ranks 1 and 4: precision 1 up to recall 1/3, then 1/2 up to 2/3.
  near(errors.localisation.dAP, (33 * (1 / 2)) / 101 / 2, 'localisation');
  // One of three objects taken away: recall reaches 1/2.
  near(errors.missed.dAP, (51 - 34) / 101 / 2, 'missed');
});

test('of several errors meant for one object, the best is put right; an object that is found already needs none', () => {
  const twice = breakDown(
    evaluated(objectsOf([[1, [0, 0, 20, 20]]]), [found(1, 0.5, [0, 8, 20, 20]), found(1, 0.6, [8, 0, 20, 20])]),
  );
  assert.equal(counts(twice), [0, 2, 0, 0, 0, 0]);
  near(twice.errors.localisation.dAP, 1, 'both fixed');
  const already = breakDown(
    evaluated(objectsOf([[1, [0, 0, 20, 20]]]), [found(1, 0.6, [0, 8, 20, 20]), found(1, 0.5, [0, 0, 20, 20])]),
  );
  near(already.AP, 0.5, 'AP');
  near(already.errors.localisation.dAP, 0.5, 'taken away');
});

test('crowds are no errors, neither to those who match them nor as objects missed', () => {
  const e = evaluated(
    objectsOf([
      [1, [0, 0, 50, 50], 1],
      [1, [60, 60, 20, 20]],
    ]),
    [found(1, 0.9, [5, 5, 10, 10]), found(1, 0.8, [20, 20, 10, 10]), found(2, 0.7, [10, 10, 10, 10])],
  );
  assert.equal(counts(breakDown(e)), [0, 0, 0, 0, 1, 1]);
});

test('without objects there is nothing to lose', () => {
  const none = breakDown(evaluated(objectsOf([]), [found(1, 0.9, [0, 0, 5, 5])]));
  assert.is(none.AP, -1);
  assert.equal(none.errors.background, { count: 1, dAP: 0 });
  const nothing = breakDown(evaluated(objectsOf([[1, [0, 0, 5, 5]]]), []));
  assert.is(nothing.AP, 0);
  assert.equal(nothing.errors.missed, { count: 1, dAP: 0 });
});

test.run();
