import type { Region } from '../images/region.ts';
import type { Rle } from './rle.ts';

/** The part of a mask in a region of its image, as a mask of the region. */
export function cropRle({ counts, height: fullHeight }: Rle, { height, left, top, width }: Region): Rle {
  const runs: number[] = [];
  /** Where the last run of ones ends. */
  let behind = 0;
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    let start = end + counts[run - 1];
    end = start + counts[run];
    // A run goes on at the top of the next column.
    while (start < end) {
      const [column, y] = [Math.floor(start / fullHeight) - left, start % fullHeight];
      const length = Math.min(end - start, fullHeight - y);
      const [from, to] = [Math.max(y - top, 0), Math.min(y + length - top, height)];
      if (column >= 0 && column < width && from < to) {
        const at = column * height + from;
        if (at === behind && runs.length) runs[runs.length - 1] += to - from;
        else runs.push(at - behind, to - from);
        behind = column * height + to;
      }
      start += length;
    }
  }
  if (behind < height * width) runs.push(height * width - behind);
  return { height, width, counts: Uint32Array.from(runs) };
}
