import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactCurve, precisionCurves } from '../../../eval/analysis/curves.ts';
import { evaluated, evaluatedCase, randomCases } from './random-cases.ts';

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const near = (actual: number, expected: number, what: string) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual}, expected ${expected}`);

test('the mean of a curve is the AP', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    e.summarize(() => {});
    const curves = precisionCurves(e);
    assert.equal(
      curves.map(({ iou }) => iou),
      [0.5, 0.75, null],
    );
    near(meanOf(curves[0].mean), e.stats[1], 'AP50');
    near(meanOf(curves[1].mean), e.stats[2], 'AP75');
    if (one.maxDets === 100) near(meanOf(curves[2].mean), e.stats[0], 'AP');
    for (const [k, { AP }] of e.perCategory.entries()) near(meanOf(curves[2].categories[k]), AP, `category ${k}`);
  }
});

test('thresholds that were not evaluated have no curve', () => {
  const one = randomCases[0];
  const e = evaluated(one.dataset, one.results, 'bbox', undefined, ({ params }) => {
    params.iouThrs = [0.6];
  });
  assert.equal(
    precisionCurves(e).map(({ iou }) => iou),
    [null],
  );
  assert.equal(
    precisionCurves(e, [0.6]).map(({ iou }) => iou),
    [0.6],
  );
});

test('the exact curve, smoothed, is the one that is read at 101 recalls', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    const [{ categories }] = precisionCurves(e, [0.5]);
    for (const [k, id] of e.params.catIds.entries()) {
      const { precision, recall, scores } = exactCurve(e, id, 0.5);
      assert.is(recall.length, precision.length);
      for (let h = 1; h < scores.length; h++) assert.ok(scores[h] <= scores[h - 1] && recall[h] > recall[h - 1]);
      for (const [r, at] of e.params.recThrs.entries()) {
        const highest = Math.max(0, ...precision.filter((_, h) => recall[h] >= at));
        if (categories[k][r] >= 0) near(highest, categories[k][r], `category ${id} at ${at}`);
      }
    }
  }
});

test('curves of what was not evaluated are refused', () => {
  const e = evaluatedCase(randomCases[0]);
  assert.throws(() => exactCurve(e, 1234, 0.5), /category 1234/);
  assert.throws(() => exactCurve(e, 2, 0.51), /IoU 0.51/);
});

test.run();
