// T thresholds, R recalls, K categories, A ranges of area, M limits on detections.
import type { Evaluation } from './evaluation.ts';
import { pairwiseSum } from './pairwise-sum.ts';
import type { Params } from './params.ts';
import { bitsOf } from './threshold-bits.ts';

/** Number of entries. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Numbers in four or five dimensions, as in numpy. */
export class NumberGrid {
  readonly shape: readonly number[];
  readonly data: Float64Array;

  /** @param data by default all entries are -1, which means no value */
  constructor(shape: readonly number[], data: Float64Array = new Float64Array(sizeOf(shape)).fill(-1)) {
    this.shape = shape;
    this.data = data;
  }

  /** Index of an entry in `data`. */
  indexOf(...position: readonly number[]): number {
    return position.reduce((index, at, axis) => index * this.shape[axis] + at, 0);
  }

  at(...position: readonly number[]): number {
    return this.data[this.indexOf(...position)];
  }
}

/** What `accumulate` makes of an evaluation: precision and recall in every setting. */
export interface Accumulated {
  /** The settings behind the dimensions. */
  readonly params: Params;
  /** T, R, K, A, M. */
  readonly counts: readonly number[];
  /** `[T, R, K, A, M]`: highest precision at each recall or above; -1 when a category has no objects. */
  readonly precision: NumberGrid;
  /** `[T, K, A, M]`: the highest recall. */
  readonly recall: NumberGrid;
  /** `[T, R, K, A, M]`: the score that reaches each recall. */
  readonly scores: NumberGrid;
}

/** What is accumulated of each category; scores where they are wanted. */
export type AccumulatedGrids = Pick<Accumulated, 'precision' | 'recall'> & Partial<Pick<Accumulated, 'scores'>>;

/** The sizes of the dimensions T, R, K, A, M. */
export const countsOf = ({ areaRng, catIds, iouThrs, maxDets, recThrs, useCats }: Params): readonly number[] => [
  iouThrs.length,
  recThrs.length,
  useCats ? catIds.length : 1,
  areaRng.length,
  maxDets.length,
];

/** Precision at each recall (pycocotools' `cocoeval.py: accumulate`). */
export function accumulateAll(evaluation: Evaluation): Accumulated {
  const { params } = evaluation;
  const counts = countsOf(params);
  const [T, R, K, A, M] = counts;
  const result = {
    params,
    counts,
    precision: new NumberGrid([T, R, K, A, M]),
    recall: new NumberGrid([T, K, A, M]),
    scores: new NumberGrid([T, R, K, A, M]),
  };
  const curve = new Curve(evaluation);
  for (let k = 0; k < K; k++) accumulateCategory(evaluation, k, curve, result, k);
  return result;
}

/**
 * @param k of the evaluation
 * @param into which category of the result
 */
export function accumulateCategory(
  { params, positives }: Evaluation,
  k: number,
  curve: Curve,
  { precision, recall, scores }: AccumulatedGrids,
  into: number,
): void {
  const { areaRng, iouThrs, maxDets, recThrs } = params;
  const [T, A, M, R] = [iouThrs.length, areaRng.length, maxDets.length, recThrs.length];
  const step = precision.shape[2] * A * M;
  const needs = new Float64Array(R);
  for (let a = 0; a < A; a++) {
    const objects = positives[k * A + a];
    if (!objects) continue;
    for (let r = 0; r < R; r++) needs[r] = hitsFor(recThrs[r], objects);
    for (let m = 0; m < M; m++) {
      for (let t = 0; t < T; t++) {
        curve.walk(k, a, t, maxDets[m]);
        const { hits } = curve;
        recall.data[recall.indexOf(t, into, a, m)] = hits ? hits / objects : 0;
        curve.read(needs, precision.data, scores?.data, precision.indexOf(t, 0, into, a, m), step);
      }
    }
  }
}

/** The number of hits that reach a recall; 0 for a recall that needs none. */
function hitsFor(recall: number, objects: number): number {
  if (recall <= 0) return 0;
  let hits = Math.max(1, Math.ceil(recall * objects));
  while (hits > 1 && (hits - 1) / objects >= recall) hits--;
  while (hits / objects < recall) hits++;
  return hits;
}

/**
 * The hits of a category's detections at one threshold, area range and limit. Recall rises only at hits, and precision
 * is highest only at hits.
 */
export class Curve {
  /** Number of detections that matched. */
  hits = 0;
  /** Number of detections, including those that do not count. */
  detections = 0;
  /** Number of detections that count. */
  counted = 0;
  #evaluation: Evaluation;
  /** At hit h, from 0: the highest precision there or later, and the score. */
  readonly #precisions: Float64Array;
  readonly hitScores: Float64Array;
  /** At hit h: number of detections that count up to it. */
  readonly hitCounts: Int32Array;
  #firstScore = 0;
  /** Detections that match or do not count at some threshold, but not at all; all others are false or never count. */
  #eventCount = 0;
  #neverCounted = 0;
  readonly #eventPlaces: Int32Array;
  readonly #eventRows: Int32Array;
  /** The category, area range, word and limit they were gathered for. */
  readonly #gathered = [-1, -1, -1, -1];

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    const count = evaluation.stride;
    this.#precisions = new Float64Array(count);
    this.hitScores = new Float64Array(count);
    this.hitCounts = new Int32Array(count);
    this.#eventPlaces = new Int32Array(count);
    this.#eventRows = new Int32Array(count);
  }

  /** Goes on with an evaluation of the same stride. */
  turnTo(evaluation: Evaluation): void {
    this.#evaluation = evaluation;
    this.#gathered[0] = -1;
  }

  walk(k: number, a: number, t: number, maxDet: number): void {
    const { ignored, scores, stride, truePositives, words } = this.#evaluation;
    const { hitCounts, hitScores } = this;
    const eventPlaces = this.#eventPlaces;
    const eventRows = this.#eventRows;
    const precisions = this.#precisions;
    const plane = (a * words + (t >> 5)) * stride;
    const bit = 1 << (t & 31);
    this.#gather(k, a, t >> 5, maxDet);
    let [hits, skipped] = [0, 0];
    for (let e = 0; e < this.#eventCount; e++) {
      const i = eventRows[e];
      if (ignored[plane + i] & bit) {
        skipped++;
      } else if (truePositives[plane + i] & bit) {
        hitScores[hits] = scores[i];
        hitCounts[hits++] = eventPlaces[e] - skipped;
      }
    }
    let highest = 0;
    for (let h = hits - 1; h >= 0; h--) {
      highest = Math.max(highest, (h + 1) / (hitCounts[h] + Number.EPSILON));
      precisions[h] = highest;
    }
    this.hits = hits;
    this.counted = this.detections - this.#neverCounted - skipped;
  }

  /** Gathers them once for all thresholds of a word, so each threshold reads few detections. */
  #gather(k: number, a: number, word: number, maxDet: number): void {
    const last = this.#gathered;
    if (k === last[0] && a === last[1] && word === last[2] && maxDet === last[3]) return;
    [last[0], last[1], last[2], last[3]] = [k, a, word, maxDet];
    const { categoryStarts, ignored, params, ranks, scores, stride, truePositives, words } = this.#evaluation;
    const every = bitsOf(params.iouThrs.length, word);
    const eventPlaces = this.#eventPlaces;
    const eventRows = this.#eventRows;
    const plane = (a * words + word) * stride;
    let [detections, events, never] = [0, 0, 0];
    for (let i = categoryStarts[k]; i < categoryStarts[k + 1]; i++) {
      if (ranks[i] >= maxDet) continue;
      if (detections++ === 0) this.#firstScore = scores[i];
      const skips = ignored[plane + i];
      if (!(truePositives[plane + i] | skips)) continue;
      if (skips === every) {
        never++;
        continue;
      }
      eventPlaces[events] = detections - never;
      eventRows[events++] = i;
    }
    this.detections = detections;
    this.#neverCounted = never;
    this.#eventCount = events;
  }

  /**
   * Writes precision at some recalls or above, and its score; 0 and 0 when a recall is not reached.
   *
   * @param needs hits that each recall needs
   * @param step entries from one recall to the next
   */
  read(
    needs: Float64Array,
    precisions: Float64Array,
    scores: Float64Array | undefined,
    start: number,
    step: number,
  ): void {
    const { detections, hits, hitScores } = this;
    const highest = this.#precisions;
    for (let r = 0, at = start; r < needs.length; r++, at += step) {
      const need = needs[r];
      const isReached = need <= hits;
      precisions[at] = need === 0 ? (hits ? highest[0] : 0) : isReached ? highest[need - 1] : 0;
      if (scores) scores[at] = need === 0 ? (detections ? this.#firstScore : 0) : isReached ? hitScores[need - 1] : 0;
    }
  }

  /** The mean of precision at some recalls or above. */
  meanPrecision(recalls: readonly number[], objects: number): number {
    const precisions = new Float64Array(recalls.length);
    const needs = Float64Array.from(recalls, (recall) => hitsFor(recall, objects));
    this.read(needs, precisions, undefined, 0, 1);
    return pairwiseSum(precisions) / recalls.length;
  }
}
