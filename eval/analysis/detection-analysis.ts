// K categories.
import { checkOptions } from '../../io/options.ts';
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import type { IouType } from '../cocoeval/params.ts';
import { statNames, summarizeAll } from '../cocoeval/summary.ts';
import { bestThresholds, type ScoreThreshold } from './best-threshold.ts';
import { analyzeCategories, type CategoryAnalysis } from './categories.ts';
import { confusionMatrix, type DetectionConfusion } from './confusion.ts';
import { type PrecisionCurve, precisionCurves } from './curves.ts';
import { breakDownErrors, type ErrorBreakdown } from './error-breakdown.ts';
import { outcomesOf } from './outcomes.ts';
import { type ImageErrors, worstImages } from './worst-images.ts';

/** The full analysis of an evaluation of detections; plain data, fit for JSON. */
export interface DetectionAnalysis {
  readonly type: IouType;
  readonly images: number;
  readonly objects: number;
  /** Detections within the largest limit. */
  readonly detections: number;
  /** AP, AP50 … as in `summarize`; -1 when there are no objects to measure them. */
  readonly stats: Readonly<Record<string, number>>;
  /** Evaluated categories in order of id; other lists by category use this order. */
  readonly categories: readonly CategoryAnalysis[];
  /** The score threshold of the highest F1 over all detections at IoU .5; null without a hit. */
  readonly best: ScoreThreshold | null;
  /** Precision, recall and F1 of all detections at 101 thresholds from just below the highest score to just below the lowest. */
  readonly thresholds: readonly ScoreThreshold[];
  readonly errors: ErrorBreakdown;
  readonly confusion: DetectionConfusion;
  /** The recalls of the curves. */
  readonly recalls: readonly number[];
  /** At IoU .5 and .75, and the mean over all thresholds. */
  readonly curves: readonly PrecisionCurve[];
  readonly worstImages: readonly ImageErrors[];
}

/** Settings of `analyzeDetections`. */
export interface AnalysisOptions {
  /**
   * Detections of this score or less are left out of the confusion matrix and the worst images. By default the
   * threshold of the highest F1, since scores differ from detector to detector.
   */
  readonly score?: number;
}

const WORST_IMAGES = 24;

/**
 * Analyses an evaluation beyond its twelve numbers. Takes about as long as `evaluate`.
 *
 * @param e evaluated and accumulated
 * @throws Error when nothing was accumulated
 */
export function analyzeDetections(e: COCOeval, options: AnalysisOptions = {}): DetectionAnalysis {
  checkOptions('analyzeDetections', options, { score: 'number' });
  const curves = precisionCurves(e);
  const { params } = e.evaluationDone;
  const outcomes = outcomesOf(e);
  const { categories: best, overall, overallCurve } = bestThresholds(e, outcomes);
  const score = options.score ?? overall?.threshold ?? 0;
  const categories = analyzeCategories(e, outcomes, best);
  const total = (field: 'objects' | 'detections') => categories.reduce((sum, category) => sum + category[field], 0);
  const { stats } = summarizeAll(e.accumulationDone);
  return {
    type: params.iouType,
    images: params.imgIds.length,
    objects: total('objects'),
    detections: total('detections'),
    stats: Object.fromEntries(statNames(params.iouType).map((name, i) => [name, stats[i]])),
    categories,
    best: overall,
    thresholds: overallCurve,
    errors: breakDownErrors(e, outcomes),
    confusion: confusionMatrix(e, outcomes, score),
    recalls: params.recThrs,
    curves,
    worstImages: worstImages(e, outcomes, score, WORST_IMAGES),
  };
}
