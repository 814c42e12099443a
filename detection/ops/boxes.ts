/**
 * Boxes are rows [x1, y1, x2, y2] of a Float32Array, in pixels, x to the right and y down; x2 and y2 lie outside.
 * Arithmetic is rounded to single precision at every step, as torch does, so that comparisons with a threshold fall
 * the same way (`torchvision/ops/boxes.py`). NaN coordinates stay NaN; functions that select drop them.
 *
 * Shapes: B boxes are a Float32Array of 4 B numbers.
 */
import type { Boxes } from '../../datasets/detection/boxes.ts';

export {
  type Boxes,
  clipBoxes,
  gatherBoxes,
  resizeBoxes,
  rowsWithArea,
  xywhToXyxy,
} from '../../datasets/detection/boxes.ts';
export type { ImageSize } from '../../datasets/images/image-size.ts';

const { fround } = Math;

/** The area of each box: [B]. */
export function boxAreas(boxes: Boxes): Float32Array {
  const areas = new Float32Array(boxes.length >> 2);
  for (let i = 0, b = 0; i < areas.length; i++, b += 4) {
    areas[i] = fround(boxes[b + 2] - boxes[b]) * fround(boxes[b + 3] - boxes[b + 1]);
  }
  return areas;
}

/** Intersection over union of every box of `a` with every box of `b`: [A, B]. Two empty boxes give NaN, as in torch. */
export function iouMatrix(a: Boxes, b: Boxes): Float32Array {
  const areasA = boxAreas(a);
  const areasB = boxAreas(b);
  const ious = new Float32Array(areasA.length * areasB.length);
  let out = 0;
  for (let i = 0; i < a.length; i += 4) {
    const area = areasA[i >> 2];
    for (let j = 0; j < b.length; j += 4) {
      const width = fround(Math.min(a[i + 2], b[j + 2]) - Math.max(a[i], b[j]));
      const height = fround(Math.min(a[i + 3], b[j + 3]) - Math.max(a[i + 1], b[j + 1]));
      const intersection = fround(Math.max(width, 0) * Math.max(height, 0));
      ious[out++] = intersection / fround(fround(area + areasB[j >> 2]) - intersection);
    }
  }
  return ious;
}

/** Rows of the boxes whose width and height both reach `minSize` pixels, in order. */
export function rowsOfMinSize(boxes: Boxes, minSize: number): Int32Array {
  const side = fround(minSize);
  const rows = new Int32Array(boxes.length >> 2);
  let count = 0;
  for (let b = 0; b < boxes.length; b += 4) {
    if (fround(boxes[b + 2] - boxes[b]) >= side && fround(boxes[b + 3] - boxes[b + 1]) >= side) rows[count++] = b >> 2;
  }
  return rows.subarray(0, count);
}

/** Corners to COCO's [x, y, width, height]. */
export function xyxyToXywh(boxes: Boxes): Float32Array {
  const out = new Float32Array(boxes);
  for (let b = 0; b < out.length; b += 4) {
    out[b + 2] -= out[b];
    out[b + 3] -= out[b + 1];
  }
  return out;
}
