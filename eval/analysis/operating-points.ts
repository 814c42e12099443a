import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { bestThresholds, type ScoreThreshold } from './best-threshold.ts';
import {
  type LocalisationRecallPrecision,
  localisationRecallPrecision,
  meanLocalisationRecallPrecision,
} from './localisation-recall-precision.ts';
import { outcomesOf } from './outcomes.ts';

/** Where to cut detections off by their score, at IoU .5, and what they are worth there. */
export interface OperatingPoints {
  /** The threshold of the highest F1 over all detections, of the raw curve; null without a hit. */
  readonly best: ScoreThreshold | null;
  /** The optimal LRP error: means over the categories. */
  readonly lrp: ReturnType<typeof meanLocalisationRecallPrecision>;
  /** By evaluated category. */
  readonly categories: readonly {
    readonly best: ScoreThreshold | null;
    readonly lrp: LocalisationRecallPrecision | null;
  }[];
}

/**
 * The best score thresholds of an evaluation by F1 and by localisation-recall-precision.
 *
 * @param e evaluated
 * @throws Error when nothing was evaluated
 */
export function operatingPoints(e: COCOeval): OperatingPoints {
  const outcomes = outcomesOf(e);
  const { categories, overall } = bestThresholds(e, outcomes);
  const errors = localisationRecallPrecision(e, outcomes);
  return {
    best: overall,
    lrp: meanLocalisationRecallPrecision(errors),
    categories: categories.map((best, k) => ({ best, lrp: errors[k] })),
  };
}
