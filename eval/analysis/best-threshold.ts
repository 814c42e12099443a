import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { sortDescending } from '../cocoeval/stable-sort.ts';
import { HIT, IGNORED, type Outcomes, outcomesOf } from './outcomes.ts';
import { thresholdBetween } from './score-threshold.ts';

/** Precision and recall of the detections with a score above the threshold, at IoU .5. */
export interface ScoreThreshold {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

/** Where to cut detections off by their score. */
export interface BestThresholds {
  /** Over all detections of all categories; null without a hit. */
  readonly overall: ScoreThreshold | null;
  /** By evaluated category. */
  readonly categories: readonly (ScoreThreshold | null)[];
  /**
   * Over all detections, at 101 evenly spaced thresholds from just below the highest score to just below the lowest.
   */
  readonly overallCurve: readonly ScoreThreshold[];
}

const STEPS = 101;

/** The score thresholds of the highest F1 at IoU .5; the higher one in a tie. */
export function bestThresholds(e: COCOeval, { detections, positives }: Outcomes): BestThresholds {
  const { categoryStarts, rows } = e.evaluationDone;
  const { scores } = e.cocoDt.table;
  const all = Int32Array.from(rows);
  sortDescending(all, scores, new Int32Array(all.length));
  const list = (of: Int32Array, objects: number): ScoredList => ({
    rows: of,
    scores,
    verdicts: detections.verdicts,
    objects,
  });
  const everything = list(
    all,
    positives.reduce((sum, count) => sum + count, 0),
  );
  return {
    overall: bestThreshold(everything),
    categories: Array.from(positives, (count, k) =>
      bestThreshold(list(rows.subarray(categoryStarts[k], categoryStarts[k + 1]), count)),
    ),
    overallCurve: sampledThresholds(everything),
  };
}

/** The score threshold of the highest F1 over all detections of all categories; null without a hit. */
export const bestScore = (e: COCOeval): ScoreThreshold | null => bestThresholds(e, outcomesOf(e)).overall;

interface ScoredList {
  /** Rows of the results, best first. */
  readonly rows: Int32Array;
  /** By row of the results. */
  readonly scores: Float64Array;
  readonly verdicts: Uint8Array;
  /** Number of ground-truth objects. */
  readonly objects: number;
}

/**
 * Visits every distinct score, the highest first, with the counts down to that score and the next lower score.
 * Detections of equal scores are kept or dropped together.
 */
function eachScore(
  { rows, scores, verdicts }: ScoredList,
  visit: (score: number, hits: number, counted: number, next: number | undefined) => void,
): void {
  let [hits, counted] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (verdicts[row] !== IGNORED) counted++;
    if (verdicts[row] === HIT) hits++;
    const next = i + 1 < rows.length ? scores[rows[i + 1]] : undefined;
    if (counted && next !== scores[row]) visit(scores[row], hits, counted, next);
  }
}

const rated = (threshold: number, hits: number, counted: number, objects: number): ScoreThreshold => ({
  threshold,
  precision: hits / counted,
  recall: hits / objects,
  f1: (2 * hits) / (counted + objects),
});

function bestThreshold(list: ScoredList): ScoreThreshold | null {
  let best: ScoreThreshold | null = null;
  eachScore(list, (score, hits, counted, next) => {
    if ((2 * hits) / (counted + list.objects) <= (best?.f1 ?? 0)) return;
    best = rated(thresholdBetween(score, next), hits, counted, list.objects);
  });
  return best;
}

/** At evenly spaced thresholds; none without objects or detections. */
function sampledThresholds(list: ScoredList): ScoreThreshold[] {
  const { objects, rows, scores, verdicts } = list;
  const best = rows.find((row) => verdicts[row] !== IGNORED);
  if (!objects || best === undefined) return [];
  const [highest, least] = [scores[best], thresholdBetween(scores[rows[rows.length - 1]])];
  const thresholdAt = (sample: number) =>
    sample + 1 === STEPS ? least : highest - ((highest - least) * (sample + 1)) / STEPS;
  const samples: ScoreThreshold[] = [];
  let [lastHits, lastCounted] = [0, 0];
  const sample = () => samples.push(rated(thresholdAt(samples.length), lastHits, lastCounted, objects));
  eachScore(list, (score, hits, counted) => {
    while (lastCounted && score <= thresholdAt(samples.length)) sample();
    [lastHits, lastCounted] = [hits, counted];
  });
  while (samples.length < STEPS) sample();
  return samples;
}
