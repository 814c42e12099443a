// K categories, P pairs.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { IGNORED, NOT_EVALUATED, type Outcomes } from './outcomes.ts';

/** Which category each object was detected as. */
export interface DetectionConfusion {
  /** Detections of this score or less are left out. */
  readonly score: number;
  /**
   * `[K + 1, K + 1]`, by evaluated category: rows are the object's category, columns the detection's. The last row
   * holds detections without an object, the last column missed objects.
   */
  readonly matrix: readonly (readonly number[])[];
}

/**
 * Pairs detections and objects one to one, whatever their categories, most similar pairs first, down to IoU .5. Ignored
 * objects, such as crowds, are left out. So are detections that match an ignored object, or that find no object and are
 * covered by an ignored one of their category.
 */
export function confusionMatrix(
  e: COCOeval,
  { categories, detections, objects, pairs }: Outcomes,
  score: number,
): DetectionConfusion {
  const { scores } = e.cocoDt.table;
  const matrix = Array.from({ length: categories + 1 }, () => new Array<number>(categories + 1).fill(0));
  const { verdicts } = detections;
  const candidates = Int32Array.from(pairs.detections.keys()).filter((p) => {
    const row = pairs.detections[p];
    return scores[row] > score && verdicts[row] !== IGNORED;
  });
  candidates.sort(
    (p, q) =>
      pairs.similarities[q] - pairs.similarities[p] ||
      scores[pairs.detections[q]] - scores[pairs.detections[p]] ||
      pairs.detections[p] - pairs.detections[q] ||
      pairs.objects[p] - pairs.objects[q],
  );
  const isJoined = new Uint8Array(scores.length);
  const isFound = new Uint8Array(objects.categories.length);
  for (const p of candidates) {
    const [row, object] = [pairs.detections[p], pairs.objects[p]];
    if (isJoined[row] || isFound[object]) continue;
    isJoined[row] = 1;
    isFound[object] = 1;
    matrix[objects.categories[object]][detections.categories[row]]++;
  }
  for (const [row, verdict] of verdicts.entries()) {
    if (verdict === NOT_EVALUATED || verdict === IGNORED || isJoined[row] || detections.covered[row]) continue;
    if (scores[row] > score) matrix[categories][detections.categories[row]]++;
  }
  for (const [object, category] of objects.categories.entries()) {
    if (category >= 0 && !isFound[object]) matrix[category][categories]++;
  }
  return { score, matrix };
}
