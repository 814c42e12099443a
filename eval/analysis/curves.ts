// T thresholds, R recalls, K categories, H hits.
import { Curve } from '../cocoeval/accumulate.ts';
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { meanOfKnown } from '../cocoeval/pairwise-sum.ts';

/** Precision at each of the evaluation's recalls (`recThrs`); -1 where there are no objects. */
export interface PrecisionCurve {
  /** The IoU threshold, or null for the mean over all of them. */
  readonly iou: number | null;
  /** `[R]`: the mean over the categories that have objects. */
  readonly mean: readonly number[];
  /** `[K, R]`. */
  readonly categories: readonly (readonly number[])[];
}

/**
 * Precision over recall, as `accumulate` found it, over all areas and with the largest limit on detections.
 *
 * @param ious those that were not evaluated are left out
 * @throws Error if nothing was accumulated
 */
export function precisionCurves(e: COCOeval, ious: readonly (number | null)[] = [0.5, 0.75, null]): PrecisionCurve[] {
  const { precision } = e.accumulationDone;
  const [, R, K] = precision.shape;
  const { iouThrs } = e.evaluationDone.params;
  const { area, limit } = widest(e);
  return ious.flatMap((iou) => {
    const thresholds = iouThrs.flatMap((threshold, t) => (iou === null || threshold === iou ? [t] : []));
    if (!thresholds.length) return [];
    const categories = Array.from({ length: K }, (_, k) =>
      Array.from({ length: R }, (_, r) => meanOfKnown(thresholds.map((t) => precision.at(t, r, k, area, limit)))),
    );
    return [{ iou, mean: Array.from({ length: R }, (_, r) => meanOfKnown(categories.map((at) => at[r]))), categories }];
  });
}

/** A category's curve where it was measured: at each detection that hit, best first, `[H]`. */
export interface ExactCurve {
  readonly recall: readonly number[];
  /** Among the detections up to this one: not smoothed. */
  readonly precision: readonly number[];
  readonly scores: readonly number[];
}

/**
 * Over all areas and with the largest limit on detections; without objects or hits the lists are empty.
 *
 * @param categoryId of any category where categories are not told apart
 * @param iou one of the evaluation's thresholds (`iouThrs`)
 * @throws Error for a category or threshold that was not evaluated
 */
export function exactCurve(e: COCOeval, categoryId: number, iou: number): ExactCurve {
  const { params, positives } = e.evaluationDone;
  const k = params.useCats ? params.catIds.indexOf(categoryId) : 0;
  const t = params.iouThrs.indexOf(iou);
  if (k < 0) throw new Error(`category ${categoryId} was not evaluated`);
  if (t < 0) throw new Error(`IoU ${iou} was not evaluated; it was at ${params.iouThrs.join(', ')}`);
  const { area, limit } = widest(e);
  const objects = positives[k * params.areaRng.length + area];
  const curve = new Curve(e.evaluationDone);
  curve.walk(k, area, t, params.maxDets[limit]);
  const hits = objects ? curve.hits : 0;
  return {
    recall: Array.from({ length: hits }, (_, h) => (h + 1) / objects),
    precision: Array.from({ length: hits }, (_, h) => (h + 1) / curve.hitCounts[h]),
    scores: Array.from(curve.hitScores.subarray(0, hits)),
  };
}

/** Where the range of all areas and the largest limit on detections stand. */
function widest(e: COCOeval): { readonly area: number; readonly limit: number } {
  const { areaRngLbl, maxDets } = e.evaluationDone.params;
  return { area: Math.max(0, areaRngLbl.indexOf('all')), limit: maxDets.length - 1 };
}
