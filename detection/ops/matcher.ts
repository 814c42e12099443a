/**
 * Assigns to each anchor or proposal the object it overlaps most, or none (Ren et al. 2015, section 3.1.2). Equal to
 * `torchvision/models/detection/_utils.py: Matcher` on the matrix of `box_iou`, without storing that matrix.
 *
 * Shapes: G objects (ground truth), B boxes to be assigned.
 */
import { type Boxes, boxAreas } from './boxes.ts';

const { fround } = Math;

/** The box overlaps no object by `lowThreshold`: background. */
export const BELOW_LOW_THRESHOLD = -1;
/** The best overlap lies between the thresholds: neither object nor background. */
export const BETWEEN_THRESHOLDS = -2;

export interface MatcherOptions {
  /** Least IoU of a match. */
  readonly highThreshold: number;
  /** IoU below which a box is background; at most `highThreshold`. */
  readonly lowThreshold: number;
  /**
   * Also match, whatever its IoU, every box that has the greatest overlap with some object (with all ties). It goes to
   * the object which the box itself overlaps most, which need not be that one.
   */
  readonly allowLowQualityMatches: boolean;
}

/**
 * @returns [B]: the object's index, or {@link BELOW_LOW_THRESHOLD}, or {@link BETWEEN_THRESHOLDS}. Of equal overlaps
 * the first object wins. No objects: all background. A NaN overlap (empty or NaN boxes) counts as 0.
 */
export function matchBoxes(objects: Boxes, boxes: Boxes, options: MatcherOptions): Int32Array {
  const count = boxes.length >> 2;
  const matches = new Int32Array(count);
  if (objects.length === 0) return matches.fill(BELOW_LOW_THRESHOLD);
  const bestIou = new Float32Array(count).fill(-1);
  const areas = boxAreas(boxes);
  const objectAreas = boxAreas(objects);
  const forced = new Uint8Array(options.allowLowQualityMatches ? count : 0);

  for (let object = 0; object < objectAreas.length; object++) {
    const [x1, y1, x2, y2] = objects.subarray(object * 4);
    let objectBest = 0;
    let bestBoxes: number[] = [];
    for (let i = 0, b = 0; i < count; i++, b += 4) {
      const width = fround(Math.min(x2, boxes[b + 2]) - Math.max(x1, boxes[b]));
      const height = fround(Math.min(y2, boxes[b + 3]) - Math.max(y1, boxes[b + 1]));
      let iou = 0;
      if (width > 0 && height > 0) {
        const intersection = fround(width * height);
        iou = fround(intersection / fround(fround(objectAreas[object] + areas[i]) - intersection));
        if (iou > objectBest) {
          objectBest = iou;
          bestBoxes = [i];
        } else if (iou === objectBest) {
          bestBoxes.push(i);
        }
      }
      if (iou > bestIou[i]) {
        bestIou[i] = iou;
        matches[i] = object;
      }
    }
    if (options.allowLowQualityMatches) {
      // An object that no box touches ties with every box at 0: torchvision then matches them all, and so do we.
      if (objectBest === 0) forced.fill(1);
      for (const i of bestBoxes) forced[i] = 1;
    }
  }

  const high = fround(options.highThreshold);
  const low = fround(options.lowThreshold);
  for (let i = 0; i < count; i++) {
    if (forced[i] === 1) continue;
    if (bestIou[i] < low) matches[i] = BELOW_LOW_THRESHOLD;
    else if (bestIou[i] < high) matches[i] = BETWEEN_THRESHOLDS;
  }
  return matches;
}
