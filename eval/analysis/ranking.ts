// K categories, N detections.
import { Curve } from '../cocoeval/accumulate.ts';
import type { Evaluation } from '../cocoeval/evaluation.ts';

/** Detections of each category, best first, as average precision reads them. */
export interface Ranking {
  /** `[N]`: rows of the results; category k begins at `categoryStarts[k]`. */
  readonly rows: Int32Array;
  readonly categoryStarts: Int32Array;
  /** `[N]`: 1 for a hit, 0 for a false detection. */
  readonly hits: Uint8Array;
}

/**
 * Average precision of each category, integrated as COCO does. -1 when nothing can be measured: the data has no
 * objects, or neither objects nor detections are left.
 *
 * @param scores by row of the results
 * @param objects `[K]`: number of objects; -1 for a category that never had any
 */
export function averagePrecisions(
  { categoryStarts, hits, rows }: Ranking,
  scores: Float64Array,
  objects: ArrayLike<number>,
  evaluation: Evaluation,
): number[] {
  const nothing = new Uint32Array(rows.length);
  const truePositives = new Uint32Array(rows.length);
  truePositives.set(hits);
  const rankedScores = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) rankedScores[i] = scores[rows[i]];
  const order = { rows, categoryStarts, ranks: new Int32Array(rows.length), scores: rankedScores };
  const curve = new Curve({ ...evaluation, ...order, words: 1, stride: rows.length, truePositives, ignored: nothing });
  const { recThrs } = evaluation.params;
  return Array.from(objects, (count, k) => {
    if (count < 0) return -1;
    if (count === 0) return categoryStarts[k] < categoryStarts[k + 1] ? 0 : -1;
    curve.walk(k, 0, 0, 1);
    return curve.meanPrecision(recThrs, count);
  });
}
