/** Masks as pixels row by row, [H, W], as images are; runs are column by column. */
import { type Rle, type RleBox, rleEncode } from './rle.ts';

/** Pixels are moved in squares of this side, so that their rows and columns stay in the cache. */
const TILE = 32;

/** Encodes a mask of [H, W]; pixels other than 0 are inside. */
export function rleFromRows(data: Uint8Array, height: number, width: number): Rle {
  const columns = new Uint8Array(height * width);
  for (let top = 0; top < height; top += TILE) {
    const bottom = Math.min(height, top + TILE);
    for (let left = 0; left < width; left += TILE) {
      const right = Math.min(width, left + TILE);
      for (let y = top; y < bottom; y++) {
        for (let x = left, to = left * height + y; x < right; x++, to += height) columns[to] = data[y * width + x];
      }
    }
  }
  return rleEncode(columns, height, width);
}

/** Decodes to pixels 0 or 1: [H, W]. */
export const rleToRows = (rle: Rle): Uint8Array => rleToBoxRows(rle, [0, 0, rle.width, rle.height]);

/** Decodes the pixels of a box around the mask, such as `rleToBbox` finds it: [height, width]. */
export function rleToBoxRows({ height, counts }: Rle, [left, top, width, rows]: RleBox): Uint8Array {
  const data = new Uint8Array(rows * width);
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    const start = end + counts[run - 1];
    end = start + counts[run];
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let i = start, at = (y - top) * width + x - left; i < end; i++, at += width) {
      // A run over several columns fills the whole height, so the box begins in the first row.
      if (y === height) {
        y = 0;
        at = ++x - left;
      }
      data[at] = 1;
      y++;
    }
  }
  return data;
}
