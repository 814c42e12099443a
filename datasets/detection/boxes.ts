/**
 * Geometry of boxes in images. Boxes are rows [x1, y1, x2, y2] in pixels, x to the right, y down; x2 and y2 are
 * exclusive. Shapes: B boxes are a Float32Array of 4 B numbers.
 */
import type { ImageSize } from '../images/image-size.ts';

const { fround } = Math;

/** Rows [x1, y1, x2, y2]. */
export type Boxes = Float32Array;

/** Clips boxes to the image, in place. */
export function clipBoxes(boxes: Boxes, image: ImageSize): Boxes {
  for (let i = 0; i < boxes.length; i += 2) {
    boxes[i] = Math.min(Math.max(boxes[i], 0), image.width);
    boxes[i + 1] = Math.min(Math.max(boxes[i + 1], 0), image.height);
  }
  return boxes;
}

/** Rows of the boxes with a width and a height above 0, in order. */
export function rowsWithArea(boxes: Boxes): Int32Array {
  return Int32Array.from({ length: boxes.length / 4 }, (_, row) => row).filter(
    (row) => boxes[row * 4 + 2] > boxes[row * 4] && boxes[row * 4 + 3] > boxes[row * 4 + 1],
  );
}

/** The boxes of the given rows. */
export function gatherBoxes(boxes: Boxes, rows: Int32Array): Boxes {
  const out = new Float32Array(rows.length * 4);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * 4;
    for (let side = 0; side < 4; side++) out[i * 4 + side] = boxes[from + side];
  }
  return out;
}

/** Converts COCO's [x, y, width, height] to corners. */
export function xywhToXyxy(boxes: Float32Array): Boxes {
  const out = new Float32Array(boxes);
  for (let b = 0; b < out.length; b += 4) {
    out[b + 2] += out[b];
    out[b + 3] += out[b + 1];
  }
  return out;
}

/** Scales boxes to another size of the same image, in place (`transform.py: resize_boxes`). */
export function resizeBoxes(boxes: Boxes, from: ImageSize, to: ImageSize): Boxes {
  const scaleX = fround(to.width / from.width);
  const scaleY = fround(to.height / from.height);
  for (let i = 0; i < boxes.length; i += 2) {
    boxes[i] *= scaleX;
    boxes[i + 1] *= scaleY;
  }
  return boxes;
}
