/**
 * Run-length encoded masks, with the arithmetic of pycocotools' `maskApi.c`. Pixels are in column-major order; runs of
 * zeros and ones alternate, zeros first.
 */

/** A mask of H × W pixels. The runs add up to H · W, which is below 2³². */
export interface Rle {
  readonly height: number;
  readonly width: number;
  /** Lengths of the runs: zeros, ones, zeros … The first is 0 if the first pixel is inside. */
  readonly counts: Uint32Array;
}

/** x, y of the upper left corner, width, height, in pixels. */
export type RleBox = readonly [x: number, y: number, width: number, height: number];

/** Encodes a mask in column-major order, [W, H]; pixels other than 0 are inside. */
export function rleEncode(mask: Uint8Array, height: number, width: number): Rle {
  const pixels = height * width;
  // Reading four pixels at once needs an array aligned to four bytes.
  const aligned = mask.byteOffset % 4 ? new Uint8Array(mask) : mask;
  const fours = new Int32Array(aligned.buffer, aligned.byteOffset, pixels >>> 2);
  let counts = new Uint32Array(1024);
  let [runs, start, inside] = [0, 0, false];
  do {
    const end = endOfRun(aligned, fours, start, pixels, inside);
    if (runs === counts.length) counts = doubled(counts);
    counts[runs++] = end - start;
    start = end;
    inside = !inside;
  } while (start < pixels);
  return { height, width, counts: counts.slice(0, runs) };
}

function endOfRun(mask: Uint8Array, fours: Int32Array, start: number, pixels: number, inside: boolean): number {
  const fourAlike = inside ? 0x01010101 : 0;
  let i = start;
  while (i < pixels && (mask[i] !== 0) === inside) {
    i++;
    if (i % 4) continue;
    let four = i / 4;
    while (four < fours.length && fours[four] === fourAlike) four++;
    i = 4 * four;
  }
  return i;
}

function doubled(counts: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * counts.length);
  larger.set(counts);
  return larger;
}

/** Decodes to pixels 0 or 1 in column-major order, [W, H]. */
export function rleDecode({ height, width, counts }: Rle): Uint8Array {
  const mask = new Uint8Array(height * width);
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    const start = end + counts[run - 1];
    end = start + counts[run];
    mask.fill(1, start, end);
  }
  return mask;
}

/** Number of pixels in the mask. */
export function rleArea({ counts }: Rle): number {
  let area = 0;
  for (let run = 1; run < counts.length; run += 2) area += counts[run];
  return area;
}

/**
 * The smallest box around a mask; all 0 without runs of ones. As in maskApi's unsigned 32-bit arithmetic, a mask whose
 * runs of ones are all empty gets a box beyond its image, which meets no other box.
 */
export function rleToBbox({ height, width, counts }: Rle): RleBox {
  if (counts.length < 2) return [0, 0, 0, 0];
  let [left, top, right, bottom] = [width, height, 0, 0];
  // Runs are in order, so their columns are found by going on from the last one.
  let [column, columnStart] = [0, 0];
  for (let run = 1, end = 0; run < counts.length; run += 2) {
    const start = end + counts[run - 1];
    end = start + counts[run];
    if (end === start) continue;
    for (; start - columnStart >= height; columnStart += height) column++;
    if (left > column) left = column;
    const y = start - columnStart;
    if (end - columnStart > height) {
      top = 0;
      bottom = height - 1;
      for (; end - columnStart > height; columnStart += height) column++;
    } else {
      if (y < top) top = y;
      if (end - 1 - columnStart > bottom) bottom = end - 1 - columnStart;
    }
    right = column;
  }
  return [left, top, (right - left + 1) >>> 0, (bottom - top + 1) >>> 0];
}

/**
 * The union of masks, or their intersection. No masks give a mask of size 0.
 * @throws Error when sizes differ (maskApi returns a mask of size 0)
 */
export function rleMerge(rles: readonly Rle[], intersect: boolean): Rle {
  if (!rles.length) return { height: 0, width: 0, counts: new Uint32Array(0) };
  const [{ height, width, counts }] = rles;
  if (rles.length === 1) return rles[0];
  const most = rles.reduce((sum, rle) => sum + rle.counts.length, 0);
  let [merged, spare] = [new Uint32Array(most), new Uint32Array(most)];
  merged.set(counts);
  let runs = counts.length;
  for (let i = 1; i < rles.length; i++) {
    if (rles[i].height !== height || rles[i].width !== width) {
      const other = `${rles[i].height} × ${rles[i].width}`;
      throw new Error(`masks to merge differ in size: mask 0 is ${height} × ${width}, mask ${i} is ${other}`);
    }
    runs = mergePair(merged, runs, rles[i].counts, intersect, spare);
    [merged, spare] = [spare, merged];
  }
  return { height, width, counts: merged.slice(0, runs) };
}

/** Merges the first runs of `a` with those of `b` into `merged`; returns the number of merged runs. */
function mergePair(a: Uint32Array, aRuns: number, b: Uint32Array, intersect: boolean, merged: Uint32Array): number {
  let [aLeft, bLeft] = [aRuns ? a[0] : 0, b[0] ?? 0];
  let [aNext, bNext, runs, length] = [1, 1, 0, 0];
  // 1 inside, 0 outside; the sum of both must reach `needed`.
  let [inA, inB, inside, more] = [0, 0, false, true];
  const needed = intersect ? 2 : 1;
  while (more) {
    const step = Math.min(aLeft, bLeft);
    length = (length + step) >>> 0;
    aLeft = (aLeft - step) >>> 0;
    bLeft = (bLeft - step) >>> 0;
    if (aLeft === 0 && aNext < aRuns) {
      aLeft = a[aNext++];
      inA ^= 1;
    }
    if (bLeft === 0 && bNext < b.length) {
      bLeft = b[bNext++];
      inB ^= 1;
    }
    // As in maskApi, it ends when both runs are used up, even if both masks have an empty run at one place.
    more = aLeft > 0 || bLeft > 0;
    const now = inA + inB >= needed;
    if (now === inside && more) continue;
    inside = now;
    merged[runs++] = length;
    length = 0;
  }
  return runs;
}
