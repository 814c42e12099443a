import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { FOREGROUND, HIT, IGNORED, type Outcomes } from './outcomes.ts';

/**
 * Optimal localisation-recall-precision error (Oksuz, Cam, Kalkan and Akbas: "One Metric to Measure them All", 2021):
 * the lowest LRP over all score thresholds, at IoU .5, over all areas. 0 is best, 1 worst.
 */
export interface LocalisationRecallPrecision {
  readonly oLRP: number;
  /** At that threshold: 1 − IoU of the right detections, on average; null without any. */
  readonly localisation: number | null;
  /** The share of detections that are false; null without a right one. */
  readonly falsePositives: number | null;
  /** The share of objects that are missed. */
  readonly falseNegatives: number;
  /** The score of the last detection that is kept; null without a right one. */
  readonly score: number | null;
}

/** The lowest LRP of each evaluated category; null for a category without objects. */
export function localisationRecallPrecision(
  e: COCOeval,
  { detections, positives }: Outcomes,
): (LocalisationRecallPrecision | null)[] {
  const { categoryStarts, rows } = e.evaluationDone;
  const { scores } = e.cocoDt.table;
  return Array.from(positives, (objects, k) => {
    if (!objects) return null;
    let best: LocalisationRecallPrecision | undefined;
    let [hits, alarms, overlap, lowest] = [0, 0, 0, Number.POSITIVE_INFINITY];
    for (let i = categoryStarts[k]; i < categoryStarts[k + 1]; i++) {
      const row = rows[i];
      if (detections.verdicts[row] === HIT) {
        hits++;
        overlap += detections.overlaps[row];
      } else if (detections.verdicts[row] !== IGNORED) alarms++;
      const missed = objects - hits;
      const distance = hits - overlap;
      const error = (distance / (1 - FOREGROUND) + alarms + missed) / (hits + alarms + missed);
      if (!(error < lowest)) continue;
      lowest = error;
      best = {
        oLRP: error,
        localisation: hits ? distance / hits : null,
        falsePositives: hits + alarms ? alarms / (hits + alarms) : null,
        falseNegatives: missed / objects,
        score: scores[row],
      };
    }
    const none = { oLRP: 1, localisation: null, falsePositives: null, falseNegatives: 1, score: null };
    return hits && best ? best : none;
  });
}

type Measure = Exclude<keyof LocalisationRecallPrecision, 'score'>;

/** Means over the categories that have each number; −1 where none has it. */
export function meanLocalisationRecallPrecision(
  categories: readonly (LocalisationRecallPrecision | null)[],
): Readonly<Record<Measure, number>> {
  const mean = (measure: Measure): number => {
    const known = categories.flatMap((one) => (one && one[measure] !== null ? [one[measure]] : []));
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : -1;
  };
  return {
    oLRP: mean('oLRP'),
    localisation: mean('localisation'),
    falsePositives: mean('falsePositives'),
    falseNegatives: mean('falseNegatives'),
  };
}
