import type { COCO } from '../coco/coco.ts';
import { CategoryEvaluator } from './category-evaluator.ts';
import type { Evaluation, EvaluationRules } from './evaluation.ts';
import { selectionOf } from './groups.ts';
import type { Params } from './params.ts';

/** Matches every detection of every category at every threshold and area range. */
export function evaluateAll(gt: COCO, dt: COCO, params: Params, rules: EvaluationRules): Evaluation {
  const selection = selectionOf(gt.images, params);
  const evaluator = new CategoryEvaluator({ gt: gt.table, dt: dt.table, selection, rules, params });
  const categories = selection.useCategories ? selection.categories : 1;
  const [areas, words] = [params.areaRng.length, Math.ceil(params.iouThrs.length / 32)];
  const stride = evaluator.detections;
  const rows = new Int32Array(stride);
  const ranks = new Int32Array(stride);
  const scores = new Float64Array(stride);
  const truePositives = new Uint32Array(areas * words * stride);
  const ignored = new Uint32Array(areas * words * stride);
  const positives = new Float64Array(categories * areas);
  const categoryStarts = new Int32Array(categories + 1);
  for (let k = 0; k < categories; k++) {
    const one = evaluator.evaluate(k);
    const [start, count] = [categoryStarts[k], one.rows.length];
    rows.set(one.rows, start);
    ranks.set(one.ranks.subarray(0, count), start);
    scores.set(one.scores.subarray(0, count), start);
    for (let plane = 0; plane < areas * words; plane++) {
      const from = plane * one.stride;
      truePositives.set(one.truePositives.subarray(from, from + count), plane * stride + start);
      ignored.set(one.ignored.subarray(from, from + count), plane * stride + start);
    }
    positives.set(one.positives, k * areas);
    categoryStarts[k + 1] = start + count;
  }
  const total = categoryStarts[categories];
  return {
    params,
    rows: rows.subarray(0, total),
    categoryStarts,
    ranks: ranks.subarray(0, total),
    scores: scores.subarray(0, total),
    words,
    stride,
    truePositives,
    ignored,
    positives,
  };
}
