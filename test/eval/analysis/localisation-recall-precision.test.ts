import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  localisationRecallPrecision,
  meanLocalisationRecallPrecision,
} from '../../../eval/analysis/localisation-recall-precision.ts';
import { outcomesOf } from '../../../eval/analysis/outcomes.ts';
import { COCO } from '../../../eval/coco/coco.ts';
import { COCOeval } from '../../../eval/cocoeval/coco-eval.ts';
import { type CocoCase, near, readFixture } from '../cocoeval/coco-cases.ts';

interface Expected {
  readonly case: number;
  /** By category: oLRP, localisation, false positives, false negatives, threshold; null for NaN. */
  readonly categories: readonly (readonly (number | null)[])[];
}

test("oLRP, its parts and its threshold are those of the authors' program", () => {
  const cases = readFixture<CocoCase[]>('coco_eval.json.gz');
  const expected = readFixture<Expected[]>('localisation_recall_precision.json.gz');
  assert.ok(expected.length > 150);
  let compared = 0;
  for (const one of expected) {
    const gt = new COCO(cases[one.case].gt);
    const e = new COCOeval(gt, gt.loadRes(cases[one.case].dt));
    e.evaluate();
    const measured = localisationRecallPrecision(e, outcomesOf(e));
    assert.is(measured.length, one.categories.length);
    for (const [k, wanted] of one.categories.entries()) {
      const place = `case ${one.case}, category ${k}`;
      const category = measured[k];
      if (wanted[0] === -1) {
        assert.is(category, null, place);
        continue;
      }
      assert.ok(category, place);
      const { falseNegatives, falsePositives, localisation, oLRP, score } = category;
      [oLRP, localisation, falsePositives, falseNegatives, score].forEach((value, i) => {
        const number = wanted[i];
        if (number === null || value === null) assert.is(value, number, place);
        else near(value, number, place);
      });
      compared++;
    }
  }
  assert.ok(compared > 300);
});

test('means are taken over the categories that have a number', () => {
  const found = { oLRP: 0.4, localisation: 0.1, falsePositives: 0.2, falseNegatives: 0.3, score: 0.5 };
  const missed = { oLRP: 1, localisation: null, falsePositives: null, falseNegatives: 1, score: null };
  const mean = meanLocalisationRecallPrecision([found, null, missed]);
  assert.equal(mean, { oLRP: 0.7, localisation: 0.1, falsePositives: 0.2, falseNegatives: 0.65 });
  assert.is(meanLocalisationRecallPrecision([null]).oLRP, -1);
});

test.run();
