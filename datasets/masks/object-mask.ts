import { columnsInFile, rowsInFile, type View } from '../augment/view.ts';
import type { CocoSegmentation } from '../detection/coco/coco-format.ts';
import type { ImageSize } from '../images/image-size.ts';
import { rleArea, rleToBbox } from './rle.ts';
import { rleToBoxRows } from './row-major.ts';
import { toRle } from './segmentation.ts';

/**
 * The mask of an object to train on, cut to a rectangle that holds all of it: `data` covers only the rows `top` … `top +
 * height − 1` and the columns `left` … `left + width − 1` of the prepared image. All other pixels of the image are 0. A
 * mask of which a crop left nothing has a width or height of 0.
 */
export interface ObjectMask {
  /** [height, width], row by row; 1 inside. */
  readonly data: Uint8Array;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws a segmentation as pycocotools does, then flips, crops and resizes it as torchvision does with masks of pixels
 * (`_resize_image_and_masks`: by the nearest neighbor). Since all of these only choose rows and columns, each pixel is
 * looked up once.
 *
 * @param size of the prepared image, to which the view is resized
 * @throws Error with a reason when it is no segmentation of this image
 */
export function objectMask(segmentation: CocoSegmentation, view: View, size: ImageSize): ObjectMask {
  const rle = toRle(segmentation, view.of.height, view.of.width);
  if (rle.height !== view.of.height || rle.width !== view.of.width) {
    const image = `${view.of.height} × ${view.of.width}`;
    throw new Error(`the mask is of ${rle.height} × ${rle.width} pixels, its image of ${image}`);
  }
  // maskApi gives masks without pixels odd boxes.
  const [left, top, width, height] = rleArea(rle) ? rleToBbox(rle) : [0, 0, 0, 0];
  const pixels = rleToBoxRows(rle, [left, top, width, height]);
  const columns = within(columnsInFile(view, size.width), left, width);
  const rows = within(rowsInFile(view, size.height), top, height);
  const data = new Uint8Array(rows.from.length * columns.from.length);
  let at = 0;
  for (const row of rows.from) for (const column of columns.from) data[at++] = pixels[row * width + column];
  return { data, left: columns.first, top: rows.first, width: columns.from.length, height: rows.from.length };
}

/** Which of the lines, which rise or fall, are of the box; their places in it. */
function within(lines: Int32Array, start: number, count: number): { first: number; from: Int32Array } {
  const isInside = (line: number) => line >= start && line < start + count;
  const first = Math.max(lines.findIndex(isInside), 0);
  return { first, from: lines.filter(isInside).map((line) => line - start) };
}
