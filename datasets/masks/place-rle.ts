import type { Rle } from './rle.ts';

/** A mask of a part of an image as one of the whole image. @param left @param top where the part begins */
export function placeRle(
  { counts, height: partHeight }: Rle,
  left: number,
  top: number,
  { height, width }: { readonly height: number; readonly width: number },
): Rle {
  const runs: number[] = [];
  /** Where the last run of ones ends. */
  let behind = 0;
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    let start = end + counts[run - 1];
    end = start + counts[run];
    // A run goes on at the top of the next column, which lies elsewhere in the image.
    while (start < end) {
      const y = start % partHeight;
      const length = Math.min(end - start, partHeight - y);
      const at = (left + Math.floor(start / partHeight)) * height + top + y;
      if (at === behind && runs.length) runs[runs.length - 1] += length;
      else runs.push(at - behind, length);
      behind = at + length;
      start += length;
    }
  }
  // No mask ends with an empty run.
  if (behind < height * width) runs.push(height * width - behind);
  return { height, width, counts: Uint32Array.from(runs) };
}
