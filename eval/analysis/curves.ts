// T thresholds, R recalls, K categories.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { meanOfKnown } from '../cocoeval/pairwise-sum.ts';

/** Precision at each recall of the evaluation (`recThrs`); -1 when there are no objects. */
export interface PrecisionCurve {
  /** The IoU threshold; null for the mean over all. */
  readonly iou: number | null;
  /** `[R]`: mean over the categories with objects. */
  readonly mean: readonly number[];
  /** `[K, R]`. */
  readonly categories: readonly (readonly number[])[];
}

/**
 * Precision over recall from `accumulate`, over all areas, at the largest limit on detections.
 *
 * @param ious thresholds that were not evaluated are left out
 * @throws Error when nothing was accumulated
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

/** Indices of the area range `all` and of the largest limit on detections. */
function widest(e: COCOeval): { readonly area: number; readonly limit: number } {
  const { areaRngLbl, maxDets } = e.evaluationDone.params;
  return { area: Math.max(0, areaRngLbl.indexOf('all')), limit: maxDets.length - 1 };
}
