import type { Rle } from './rle.ts';

/** A mask with left and right exchanged. */
export function mirrorRle({ counts, height, width }: Rle): Rle {
  /** Runs of ones within a column: where they begin and how long they are. */
  const parts: { readonly at: number; readonly length: number }[] = [];
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    let start = end + counts[run - 1];
    end = start + counts[run];
    while (start < end) {
      const [column, y] = [Math.floor(start / height), start % height];
      const length = Math.min(end - start, height - y);
      parts.push({ at: (width - 1 - column) * height + y, length });
      start += length;
    }
  }
  parts.sort((a, b) => a.at - b.at);
  const runs: number[] = [];
  let behind = 0;
  for (const { at, length } of parts) {
    if (at === behind && runs.length) runs[runs.length - 1] += length;
    else runs.push(at - behind, length);
    behind = at + length;
  }
  if (behind < height * width) runs.push(height * width - behind);
  return { height, width, counts: Uint32Array.from(runs) };
}
