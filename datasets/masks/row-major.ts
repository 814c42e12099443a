/** Masks as pixels row by row, [H, W], as images are; runs are column by column. */
import { type Rle, rleEncode } from './rle.ts';

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
export function rleToRows({ height, width, counts }: Rle): Uint8Array {
  const data = new Uint8Array(height * width);
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    const start = end + counts[run - 1];
    end = start + counts[run];
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let i = start, at = y * width + x; i < end; i++, at += width) {
      if (y === height) {
        y = 0;
        at = ++x;
      }
      data[at] = 1;
      y++;
    }
  }
  return data;
}
