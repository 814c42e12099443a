/**
 * Boxes are rows [x1, y1, x2, y2] of a Float32Array, in pixels, x to the right and y down; x2 and y2 lie outside.
 * Arithmetic is rounded to single precision at every step, as torch does, so that comparisons with a threshold fall
 * the same way (`torchvision/ops/boxes.py`). NaN coordinates stay NaN; functions that select drop them.
 *
 * Shapes: B boxes are a Float32Array of 4 B numbers.
 */
import { type Boxes, rowsWithArea } from '../../datasets/detection/boxes.ts';

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

/** Rows of the boxes that are large enough: whose sides reach `minSize` pixels or, with 0, that have an area. */
export const largeRows = (boxes: Boxes, minSize: number): Int32Array =>
  minSize > 0 ? rowsOfMinSize(boxes, minSize) : rowsWithArea(boxes);

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
