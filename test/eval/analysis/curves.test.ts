import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { precisionCurves } from '../../../eval/analysis/curves.ts';
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

test.run();
