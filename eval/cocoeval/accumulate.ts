// T thresholds, R recalls, K categories, A ranges of area, M limits on detections.
import { bitsOf, type Evaluation } from './evaluation.ts';
import type { Params } from './params.ts';

/** Numbers in four or five dimensions, as in numpy. */
export class NumberGrid {
  readonly shape: readonly number[];
  readonly data: Float64Array;

  /** All entries are -1, which means no value. */
  constructor(shape: readonly number[]) {
    this.shape = shape;
    this.data = new Float64Array(shape.reduce((product, size) => product * size, 1)).fill(-1);
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

/** Precision at each recall (pycocotools' `cocoeval.py: accumulate`). */
export function accumulateAll(evaluation: Evaluation): Accumulated {
  const { categoryStarts, params, positives } = evaluation;
  const { areaRng, iouThrs, maxDets, recThrs } = params;
  const [T, R, K, A, M] = [iouThrs.length, recThrs.length, categoryStarts.length - 1, areaRng.length, maxDets.length];
  const result = {
    params,
    counts: [T, R, K, A, M],
    precision: new NumberGrid([T, R, K, A, M]),
    recall: new NumberGrid([T, K, A, M]),
    scores: new NumberGrid([T, R, K, A, M]),
  };
  const curve = new Curve(evaluation);
  for (let k = 0; k < K; k++) {
    for (let a = 0; a < A; a++) {
      const objects = positives[k * A + a];
      if (!objects) continue;
      for (let m = 0; m < M; m++) {
        for (let t = 0; t < T; t++) {
          curve.walk(k, a, t, maxDets[m]);
          const { hits } = curve;
          result.recall.data[result.recall.indexOf(t, k, a, m)] = hits ? hits / objects : 0;
          let at = result.precision.indexOf(t, 0, k, a, m);
          for (let r = 0; r < R; r++, at += K * A * M) {
            const [precision, score] = curve.at(recThrs[r], objects);
            result.precision.data[at] = precision;
            result.scores.data[at] = score;
          }
        }
      }
    }
  }
  return result;
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
  readonly #evaluation: Evaluation;
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
  /** The category, area range and limit they were gathered for. */
  #gathered = '';

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    const count = evaluation.rows.length;
    this.#precisions = new Float64Array(count);
    this.hitScores = new Float64Array(count);
    this.hitCounts = new Int32Array(count);
    this.#eventPlaces = new Int32Array(count);
    this.#eventRows = new Int32Array(count);
  }

  walk(k: number, a: number, t: number, maxDet: number): void {
    const { ignored, rows, scores, truePositives, words } = this.#evaluation;
    const { hitCounts, hitScores } = this;
    const eventPlaces = this.#eventPlaces;
    const eventRows = this.#eventRows;
    const precisions = this.#precisions;
    const plane = (a * words + (t >> 5)) * rows.length;
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
    const key = `${k} ${a} ${word} ${maxDet}`;
    if (key === this.#gathered) return;
    this.#gathered = key;
    const { categoryStarts, ignored, params, ranks, rows, scores, truePositives, words } = this.#evaluation;
    const every = bitsOf(params.iouThrs.length, word);
    const eventPlaces = this.#eventPlaces;
    const eventRows = this.#eventRows;
    const plane = (a * words + word) * rows.length;
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

  /** Precision at a recall or above, and its score; 0 and 0 when the recall is not reached. */
  at(recall: number, objects: number): readonly [precision: number, score: number] {
    const { detections, hits, hitScores } = this;
    const precisions = this.#precisions;
    if (recall <= 0) return detections ? [hits ? precisions[0] : 0, this.#firstScore] : [0, 0];
    let hit = Math.min(hits + 1, Math.max(1, Math.ceil(recall * objects)));
    while (hit > 1 && (hit - 1) / objects >= recall) hit--;
    while (hit <= hits && hit / objects < recall) hit++;
    return hit > hits ? [0, 0] : [precisions[hit - 1], hitScores[hit - 1]];
  }
}
