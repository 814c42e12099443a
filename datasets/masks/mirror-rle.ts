import { ColumnSpans, rleFromSpans } from './column-spans.ts';
import type { Rle } from './rle.ts';

/** A mask with left and right exchanged. */
export function mirrorRle(rle: Rle): Rle {
  const { width } = rle;
  const columns = new ColumnSpans(rle);
  return rleFromSpans(rle, width - columns.right, width - columns.left, (x) => columns.at(width - 1 - x));
}
