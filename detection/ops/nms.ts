/**
 * Greedy non-maximum suppression, equal to `torchvision.ops.nms` and `batched_nms` on the CPU: boxes are visited in
 * descending order of score (equal scores in their given order), and one is kept unless its IoU with a kept box exceeds
 * the threshold.
 *
 * A box only ever depends on boxes before it, so stopping after `maxOutputs` gives exactly the head of the full result.
 */
import { type Boxes, boxAreas } from './boxes.ts';
import { argsortDescending } from './top-k.ts';

const { fround } = Math;

/** Up to this number of boxes torchvision keeps classes apart by shifting them (4000 numbers, four a box). */
export const MAX_SHIFTED_BOXES = 1000;

/**
 * @param boxes [B, 4] @param scores [B]
 * @returns the rows that stay, highest score first, at most `maxOutputs`
 */
export function nms(
  boxes: Boxes,
  scores: Float32Array,
  iouThreshold: number,
  maxOutputs = Number.POSITIVE_INFINITY,
): Int32Array {
  return suppress(boxes, scores, new Int32Array(scores.length), iouThreshold, maxOutputs);
}

/**
 * Suppression within each class (or pyramid level), over all classes at once.
 *
 * Torchvision either runs `nms` class by class and sorts what stays, or, for at most 1000 boxes, shifts each class by
 * (greatest coordinate + 1) × class and runs `nms` once. For boxes inside an image both are what is done here, one walk
 * in order of score that compares boxes of the same class only; except that the shift rounds coordinates to the single
 * precision of large numbers (1/128 pixel at 100,000), which tips pairs on the very edge of the threshold. The rounding
 * is kept, so that the same boxes come out.
 *
 * @param boxes [B, 4] @param scores [B] @param classes [B], integers from 0
 * @returns the rows that stay, highest score first, at most `maxOutputs`
 */
export function batchedNms(
  boxes: Boxes,
  scores: Float32Array,
  classes: Int32Array,
  iouThreshold: number,
  maxOutputs = Number.POSITIVE_INFINITY,
): Int32Array {
  const shifted = scores.length <= MAX_SHIFTED_BOXES ? shiftClasses(boxes, classes) : boxes;
  return suppress(shifted, scores, classes, iouThreshold, maxOutputs);
}

function shiftClasses(boxes: Boxes, classes: Int32Array): Boxes {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < boxes.length; i++) greatest = Math.max(greatest, boxes[i]);
  const step = fround(greatest + 1);
  const shifted = new Float32Array(boxes.length);
  for (let i = 0; i < boxes.length; i++) shifted[i] = boxes[i] + fround(classes[i >> 2] * step);
  return shifted;
}

function suppress(
  boxes: Boxes,
  scores: Float32Array,
  classes: Int32Array,
  iouThreshold: number,
  maxOutputs: number,
): Int32Array {
  const areas = boxAreas(boxes);
  const kept = new Int32Array(Math.min(scores.length, maxOutputs));
  // The boxes that stay, side by side in memory. Those of one class form a chain from the latest back; -1 ends it.
  const left = new Float32Array(kept.length);
  const top = new Float32Array(kept.length);
  const right = new Float32Array(kept.length);
  const bottom = new Float32Array(kept.length);
  const keptArea = new Float32Array(kept.length);
  const previous = new Int32Array(kept.length);
  const latest = new Int32Array(classes.reduce((most, id) => Math.max(most, id), 0) + 1).fill(-1);

  const order = argsortDescending(scores);
  let count = 0;
  for (let n = 0; n < order.length && count < kept.length; n++) {
    const row = order[n];
    const x1 = boxes[row * 4];
    const y1 = boxes[row * 4 + 1];
    const x2 = boxes[row * 4 + 2];
    const y2 = boxes[row * 4 + 3];
    const area = areas[row];
    let other = latest[classes[row]];
    for (; other >= 0; other = previous[other]) {
      const width = fround(Math.min(right[other], x2) - Math.max(left[other], x1));
      if (!(width > 0)) continue;
      const height = fround(Math.min(bottom[other], y2) - Math.max(top[other], y1));
      if (!(height > 0)) continue;
      const intersection = fround(width * height);
      const union = fround(fround(keptArea[other] + area) - intersection);
      if (fround(intersection / union) > iouThreshold) break;
    }
    if (other >= 0) continue;
    kept[count] = row;
    left[count] = x1;
    top[count] = y1;
    right[count] = x2;
    bottom[count] = y2;
    keptArea[count] = area;
    previous[count] = latest[classes[row]];
    latest[classes[row]] = count++;
  }
  return kept.subarray(0, count);
}
