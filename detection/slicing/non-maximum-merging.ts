/**
 * Boxes of one object that several tiles found become one: SAHI's non-maximum suppression and merging
 * (`sahi/postprocess/_numpy_backend.py`), with its order of boxes of equal score.
 *
 * Shapes: B boxes are a Float32Array of 4 B numbers, [x1, y1, x2, y2]; B scores.
 */
import { BoxOverlaps, type OverlapMetric } from './box-overlap.ts';

/**
 * How: `greedy-nmm` merges into a box those that overlap it, `nmm` also those that overlap them, `nms` leaves them out.
 */
export const mergeMethods = ['greedy-nmm', 'nmm', 'nms'] as const;
export type MergeMethod = (typeof mergeMethods)[number];

/** A box that stays, and those that are to become part of it. */
export interface BoxGroup {
  readonly row: number;
  readonly merged: readonly number[];
}

/** The scores and boxes of one category, or of all. */
export interface ScoredBoxes {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
}

/**
 * Groups boxes, highest score first.
 *
 * @param threshold the least overlap, above 0
 */
export function groupBoxes(
  { boxes, scores }: ScoredBoxes,
  method: MergeMethod,
  metric: OverlapMetric,
  threshold: number,
): BoxGroup[] {
  const overlaps = new BoxOverlaps(boxes, metric, threshold);
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[b] - scores[a] || compareBoxes(boxes, a, b));
  return method === 'nmm' ? transitive(boxes, scores, order, overlaps) : greedy(order, overlaps, method === 'nms');
}

/** By the left side, then the top, the right and the bottom one; 0 for boxes that are the same. */
function compareBoxes(boxes: Float32Array, a: number, b: number): number {
  for (let side = 0; side < 4; side++) {
    const difference = boxes[4 * a + side] - boxes[4 * b + side];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** SAHI's `greedy_nmm`, and `nms` if what overlaps is left out. */
function greedy(order: readonly number[], overlaps: BoxOverlaps, leavesOut: boolean): BoxGroup[] {
  const rank = new Int32Array(order.length);
  for (const [place, row] of order.entries()) rank[row] = place;
  const isTaken = new Uint8Array(order.length);
  const groups: BoxGroup[] = [];
  for (const row of order) {
    if (isTaken[row]) continue;
    isTaken[row] = 1;
    const merged = overlaps.of(row).filter((other) => !isTaken[other]);
    for (const other of merged) isTaken[other] = 1;
    groups.push({ row, merged: leavesOut ? [] : merged.sort((a, b) => rank[a] - rank[b]) });
  }
  return groups;
}

/** SAHI's `nmm`: what a merged box overlaps is merged into the same box. */
function transitive(
  boxes: Float32Array,
  scores: Float32Array,
  order: readonly number[],
  overlaps: BoxOverlaps,
): BoxGroup[] {
  const groupOf = new Map<number, number[]>();
  const groups: BoxGroup[] = [];
  for (const row of order) {
    let group = groupOf.get(row);
    if (!group) {
      group = [];
      groupOf.set(row, group);
      groups.push({ row, merged: group });
    }
    for (const other of overlaps.of(row)) {
      const isLower = scores[row] > scores[other];
      const isSame = scores[row] === scores[other] && !(compareBoxes(boxes, row, other) < 0);
      if ((!isLower && !isSame) || groupOf.has(other)) continue;
      group.push(other);
      groupOf.set(other, group);
    }
  }
  return groups;
}
