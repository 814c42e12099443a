// N groups, B boxes of each, C classes.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { MAX_SHIFTED_BOXES } from '../ops/nms.ts';

/** The least number of single precision. */
const LOWEST = -3.4028234663852886e38;

/** What no score is: boxes with it take no part. */
export const NO_SCORE = -1;

/** The greatest number of single precision that is not above `value`: what is above it is above `value`, too. */
export function roundedDown(value: number): number {
  const single = Math.fround(value);
  if (single <= value) return single;
  const bits = new Int32Array(Float32Array.of(single).buffer);
  bits[0] -= Math.sign(single);
  return new Float32Array(bits.buffer)[0];
}

/**
 * `batchedNms` shifts boxes by their class; only the rounding of that matters, since classes are kept apart here anyway.
 *
 * @param boxes `[…, 4]` @param classes numbers that are broadcast to them @param usable whether a box takes part, `[…]`
 */
export function shiftedByClass(g: GraphBuilder, boxes: Wire, classes: Wire, usable: Wire): Wire {
  const coordinates = g.reshape(g.where(g.unsqueeze(usable, -1), boxes, LOWEST), -1);
  // One more, since nothing is the greatest of none.
  const greatest = g.reduceMax(g.concat([coordinates, g.constant([LOWEST], 'float32')], 0));
  const count = g.reduceSum(g.cast(usable, 'int64'));
  const step = g.where(g.greater(count, MAX_SHIFTED_BOXES), 0, g.add(greatest, 1));
  return g.add(boxes, g.mul(classes, step));
}

export interface Suppression {
  /** `[N, B, 4]` */
  readonly boxes: Wire;
  /** `[N, C, B]`, `NO_SCORE` for those that take no part. */
  readonly scores: Wire;
  readonly iouThreshold: number;
  /** How many boxes stay at most. */
  readonly most: number;
}

/**
 * Boxes that stay by non-maximum suppression within each group and class.
 *
 * @param scores of all candidates in order, a list
 * @param candidateOf the place among them of what ONNX's operator gives as group, class and box
 * @returns the places of those that stay among the candidates, highest score first, of equal ones the first first
 */
export function suppressed(
  g: GraphBuilder,
  { boxes, iouThreshold, most, scores }: Suppression,
  candidates: Wire,
  candidateOf: (group: Wire, label: Wire, box: Wire) => Wire,
): Wire {
  const single = (value: number) => g.constant([value], 'float32');
  const limits = [g.ints(most), single(roundedDown(iouThreshold)), single(NO_SCORE / 2)];
  const kept = g.op('NonMaxSuppression', [boxes, scores, ...limits], {}, 'int64');
  const [group, label, box] = g.columns(kept, 3, 1).map((column) => g.squeeze(column, 1));
  const places = candidateOf(group, label, box);
  const none = g.op('Expand', [single(NO_SCORE), g.op('Shape', [candidates], {}, 'int64')]);
  const keptScores = g.scattered(none, places, g.gather(candidates, places));
  return g.topK(keptScores, g.min(g.size(places, 0), most)).places;
}
