// T thresholds, R recalls, K categories.
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

/** Where the range of all areas and the largest limit on detections stand. */
function widest(e: COCOeval): { readonly area: number; readonly limit: number } {
  const { areaRngLbl, maxDets } = e.evaluationDone.params;
  return { area: Math.max(0, areaRngLbl.indexOf('all')), limit: maxDets.length - 1 };
}
