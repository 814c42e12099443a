// K categories.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { meanAt } from '../cocoeval/summary.ts';
import type { ScoreThreshold } from './best-threshold.ts';
import { NOT_EVALUATED, type Outcomes } from './outcomes.ts';

/** A category's numbers; -1 when it has no objects to measure them. */
export interface CategoryAnalysis {
  /** -1 when categories are ignored. */
  readonly id: number;
  readonly name: string;
  /** Number of objects that count, over all areas. */
  readonly objects: number;
  /** Detections within the largest limit. */
  readonly detections: number;
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  /** At the largest limit on detections. */
  readonly AR: number;
  /** The score threshold of the highest F1 at IoU .5; null without a hit. */
  readonly best: ScoreThreshold | null;
}

/**
 * Analyses every evaluated category, in order of id.
 *
 * @throws Error when nothing was accumulated
 */
export function analyzeCategories(
  e: COCOeval,
  { categories, detections, positives }: Outcomes,
  best: readonly (ScoreThreshold | null)[],
): CategoryAnalysis[] {
  const { accumulationDone: accumulated } = e;
  const { params } = accumulated;
  const maxDets = params.maxDets[params.maxDets.length - 1];
  const detectionCounts = new Float64Array(categories);
  for (const [row, verdict] of detections.verdicts.entries()) {
    if (verdict !== NOT_EVALUATED) detectionCounts[detections.categories[row]]++;
  }
  return Array.from(positives, (objects, k) => {
    const at = (isPrecision: boolean, area: string, iou?: number) =>
      meanAt(accumulated, { isPrecision, area, maxDets, ...(iou === undefined ? {} : { iou }) }, k);
    return {
      ...nameOf(e, k),
      objects,
      detections: detectionCounts[k],
      AP: at(true, 'all'),
      AP50: at(true, 'all', 0.5),
      AP75: at(true, 'all', 0.75),
      APs: at(true, 'small'),
      APm: at(true, 'medium'),
      APl: at(true, 'large'),
      AR: at(false, 'all'),
      best: best[k],
    };
  });
}

function nameOf(e: COCOeval, k: number): { readonly id: number; readonly name: string } {
  const { catIds, useCats } = e.evaluationDone.params;
  if (!useCats) return { id: -1, name: 'all categories' };
  return { id: catIds[k], name: e.cocoGt.cats.get(catIds[k])?.name ?? `category ${catIds[k]}` };
}
