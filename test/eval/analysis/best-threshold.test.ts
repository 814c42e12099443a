import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bestThresholds, type ScoreThreshold } from '../../../eval/analysis/best-threshold.ts';
import { outcomesOf } from '../../../eval/analysis/outcomes.ts';
import { evaluated, evaluatedCase, randomCases } from './random-cases.ts';

test('random cases: the thresholds that trying every score finds', () => {
  const same = (actual: ScoreThreshold | null, expected: ScoreThreshold | null, what: string) => {
    assert.is(actual === null, expected === null, what);
    if (!actual || !expected) return;
    for (const field of ['threshold', 'precision', 'recall', 'f1'] as const) {
      assert.ok(Math.abs(actual[field] - expected[field]) < 1e-12, `${what}: ${field} ${actual[field]}`);
    }
  };
  for (const [i, one] of randomCases.entries()) {
    const e = evaluatedCase(one);
    const { categories, overall } = bestThresholds(e, outcomesOf(e));
    same(overall, one.expected.best, `case ${i}`);
    for (const [k, best] of categories.entries()) same(best, one.expected.thresholds[k], `case ${i}, category ${k}`);
  }
});

test('the curve reads what holds above each threshold, from just below the highest score to just below the lowest', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    const outcomes = outcomesOf(e);
    const { overall, overallCurve } = bestThresholds(e, outcomes);
    const { rows, scores } = e.evaluationDone;
    assert.is(overallCurve.length, 101);
    const counting = [...rows].flatMap((row, i) => (outcomes.detections.verdicts[row] === 3 ? [] : scores[i]));
    const [highest, lowest] = [Math.max(...counting), Math.min(...scores)];
    assert.ok(overallCurve[0].threshold < highest && overallCurve[0].threshold > highest - 0.01);
    assert.ok(overallCurve[100].threshold < lowest && overallCurve[100].threshold >= lowest - 0.01 - 1e-12);
    const objects = outcomes.positives.reduce((sum, count) => sum + count, 0);
    for (const { threshold, precision, recall, f1 } of overallCurve) {
      const kept = [...rows].filter((row) => e.cocoDt.table.scores[row] > threshold);
      const hits = kept.filter((row) => outcomes.detections.verdicts[row] === 1).length;
      const counted = kept.filter((row) => outcomes.detections.verdicts[row] !== 3).length;
      assert.is(recall, hits / objects);
      assert.ok(counted > 0);
      assert.is(precision, hits / counted);
      assert.ok(f1 <= overall!.f1);
    }
  }
});

test('detections of equal scores stand or fall together', () => {
  const dataset = {
    images: [{ id: 1, file_name: 'a.jpg', width: 50, height: 50 }],
    categories: [{ id: 1, name: 'cat' }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 10, 10] as const, area: 100, iscrowd: 0 as const },
    ],
  };
  const found = (x: number) => ({ image_id: 1, category_id: 1, score: 0.5, bbox: [x, 0, 10, 10] as const });
  const e = evaluated(dataset, [found(0), found(20), found(30)]);
  assert.equal(bestThresholds(e, outcomesOf(e)).overall, { threshold: 0.49, precision: 1 / 3, recall: 1, f1: 0.5 });
  const none = evaluated(dataset, []);
  assert.equal(bestThresholds(none, outcomesOf(none)), { overall: null, categories: [null], overallCurve: [] });
});

test.run();
