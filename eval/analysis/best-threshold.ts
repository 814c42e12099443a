import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { sortDescending } from '../cocoeval/stable-sort.ts';
import { HIT, IGNORED, type Outcomes, outcomesOf } from './outcomes.ts';

/** What is right among the detections of a score or higher ones, at IoU .5. */
export interface ScoreThreshold {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  /** The harmonic mean of the two. */
  readonly f1: number;
}

export interface BestThresholds {
  /** Of all detections, whatever their category; null without a hit. */
  readonly overall: ScoreThreshold | null;
  /** By category evaluated. */
  readonly categories: readonly (ScoreThreshold | null)[];
  /** Of all detections, at 101 thresholds from the highest score down to the lowest. */
  readonly overallCurve: readonly ScoreThreshold[];
}

const STEPS = 100;

/** The scores from which on detections are best kept: those of the highest F1, at IoU .5; the higher among equals. */
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

/** The score from which on all detections are best kept, whatever their category; null without a hit. */
export const bestScore = (e: COCOeval): ScoreThreshold | null => bestThresholds(e, outcomesOf(e)).overall;

interface ScoredList {
  /** Rows of the results, best first. */
  readonly rows: Int32Array;
  /** By row of the results. */
  readonly scores: Float64Array;
  readonly verdicts: Uint8Array;
  /** How many there are to find. */
  readonly objects: number;
}

/** Calls for every score that makes a difference, from the highest down: detections of equal scores stand or fall together. */
function eachThreshold(
  { rows, scores, verdicts }: ScoredList,
  visit: (threshold: number, hits: number, counted: number) => void,
): void {
  let [hits, counted] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (verdicts[row] !== IGNORED) counted++;
    if (verdicts[row] === HIT) hits++;
    if (counted && !(i + 1 < rows.length && scores[rows[i + 1]] === scores[row])) visit(scores[row], hits, counted);
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
  eachThreshold(list, (threshold, hits, counted) => {
    if ((2 * hits) / (counted + list.objects) > (best?.f1 ?? 0)) best = rated(threshold, hits, counted, list.objects);
  });
  return best;
}

/** At evenly spaced thresholds; none without objects or detections. */
function sampledThresholds(list: ScoredList): ScoreThreshold[] {
  const { objects, rows, scores } = list;
  if (!objects) return [];
  const [highest, lowest] = [scores[rows[0]], scores[rows[rows.length - 1]]];
  const thresholdAt = (step: number) => (step === STEPS ? lowest : highest - ((highest - lowest) * step) / STEPS);
  const samples: ScoreThreshold[] = [];
  let [lastHits, lastCounted] = [0, 0];
  const sample = () => samples.push(rated(thresholdAt(samples.length), lastHits, lastCounted, objects));
  eachThreshold(list, (threshold, hits, counted) => {
    while (lastCounted && threshold < thresholdAt(samples.length)) sample();
    [lastHits, lastCounted] = [hits, counted];
  });
  while (lastCounted && samples.length <= STEPS) sample();
  return samples;
}
