/** Masks as pixels row by row, [H, W], as pictures are and as runs are not. */
import { type Rle, rleEncode } from './rle.ts';

/** Side of the squares in which pixels are moved, so that both their rows and their columns stay in the cache. */
const TILE = 32;

/** Encodes a mask of [H, W]; what is not 0 is in the mask. */
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

/** The mask's pixels, 0 or 1: [H, W]. */
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
