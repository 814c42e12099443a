/** Intersection over union of masks and of boxes, in the order of operations of maskApi's `rleIou` and `bbIou`. */
import { type Rle, type RleBox, rleArea, rleMerge, rleToBbox } from '../../datasets/masks/rle.ts';

/** A mask with precomputed values for comparisons. */
export interface PreparedMask {
  readonly rle: Rle;
  readonly bbox: RleBox;
  readonly area: number;
  /** Where each run ends, as a column-major pixel number. */
  readonly ends: Uint32Array;
  /** Whether a run after the first is empty, which no encoder of COCO writes. */
  readonly hasEmptyRuns: boolean;
}

export function prepareMask(rle: Rle): PreparedMask {
  const { counts } = rle;
  const ends = new Uint32Array(counts.length);
  let hasEmptyRuns = false;
  for (let run = 0, end = 0; run < counts.length; run++) {
    end += counts[run];
    ends[run] = end;
    if (run > 0 && counts[run] === 0) hasEmptyRuns = true;
  }
  return { rle, bbox: rleToBbox(rle), area: rleArea(rle), ends, hasEmptyRuns };
}

/** Number of pixels that two masks of one size share. */
export function maskIntersection(a: PreparedMask, b: PreparedMask): number {
  const aEnds = a.ends;
  const bEnds = b.ends;
  const [aRuns, bRuns] = [aEnds.length, bEnds.length];
  if (aRuns < 2 || bRuns < 2) return 0;
  // Runs of ones have odd numbers. Runs that end before the other mask begins are skipped.
  let i = firstRunAfter(aEnds, bEnds[0]);
  let j = firstRunAfter(bEnds, aEnds[0]);
  let shared = 0;
  while (i < aRuns && j < bRuns) {
    let start = aEnds[i - 1];
    if (bEnds[j - 1] > start) start = bEnds[j - 1];
    let end = aEnds[i];
    if (end < bEnds[j]) {
      i += 2;
    } else {
      end = bEnds[j];
      j += 2;
    }
    // `| 0` tells the compiler that the sum is an integer.
    if (end > start) shared = (shared + end - start) | 0;
  }
  return shared >>> 0;
}

/** The first odd run that ends after a position, by binary search. */
function firstRunAfter(ends: Uint32Array, position: number): number {
  let [low, high] = [0, ends.length >> 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[2 * middle + 1] > position) high = middle;
    else low = middle + 1;
  }
  return 2 * low + 1;
}

/**
 * IoU of each of D masks with each of G: [D, G]. With a crowd, the share of the mask inside the crowd. −1 when boxes
 * overlap but image sizes differ.
 * @param iscrowd for each of `gt`, not 0 for a crowd
 */
export function maskIou(
  dt: readonly PreparedMask[],
  gt: readonly PreparedMask[],
  iscrowd: ArrayLike<boolean | number>,
): Float64Array {
  const ious = new Float64Array(dt.length * gt.length);
  let at = 0;
  for (const d of dt) {
    for (let g = 0; g < gt.length; g++) ious[at++] = pairIou(d, gt[g], Boolean(iscrowd[g]));
  }
  return ious;
}

function pairIou(d: PreparedMask, g: PreparedMask, crowd: boolean): number {
  if (!overlap(d.bbox, g.bbox)) return 0;
  if (d.rle.height !== g.rle.height || d.rle.width !== g.rle.width) return -1;
  let shared: number;
  let union: number;
  if (d.hasEmptyRuns && g.hasEmptyRuns) {
    // maskApi stops when both masks have an empty run at one place; merging stops there too.
    shared = rleArea(rleMerge([d.rle, g.rle], true));
    union = rleArea(rleMerge([d.rle, g.rle], false));
  } else {
    shared = maskIntersection(d, g);
    union = d.area + g.area - shared;
  }
  return shared === 0 ? 0 : shared / (crowd ? d.area : union);
}

function overlap([dx, dy, dw, dh]: RleBox, [gx, gy, gw, gh]: RleBox): boolean {
  return Math.min(dx + dw, gx + gw) - Math.max(dx, gx) > 0 && Math.min(dy + dh, gy + gh) - Math.max(dy, gy) > 0;
}

/** `maskIou` for masks that are compared once. */
export function rleIou(dt: readonly Rle[], gt: readonly Rle[], iscrowd: ArrayLike<boolean | number>): Float64Array {
  return maskIou(dt.map(prepareMask), gt.map(prepareMask), iscrowd);
}

/**
 * IoU of each of D boxes with each of G: [D, G]. With a crowd, the share of the box inside the crowd.
 * @param dt x, y, width, height of each box: [D, 4]
 * @param gt [G, 4]
 * @param iscrowd for each of `gt`, not 0 for a crowd
 */
export function bbIou(dt: Float64Array, gt: Float64Array, iscrowd: ArrayLike<boolean | number>): Float64Array {
  const ious = new Float64Array((dt.length / 4) * (gt.length / 4));
  let at = 0;
  for (let d = 0; d < dt.length; d += 4) {
    const [dx, dy, dw, dh] = [dt[d], dt[d + 1], dt[d + 2], dt[d + 3]];
    const [dRight, dBottom, dArea] = [dw + dx, dh + dy, dw * dh];
    for (let g = 0; g < gt.length; g += 4, at++) {
      const [gx, gy, gw, gh] = [gt[g], gt[g + 1], gt[g + 2], gt[g + 3]];
      const width = Math.min(dRight, gw + gx) - Math.max(dx, gx);
      if (width <= 0) continue;
      const height = Math.min(dBottom, gh + gy) - Math.max(dy, gy);
      if (height <= 0) continue;
      const shared = width * height;
      ious[at] = shared / (iscrowd[g >> 2] ? dArea : dArea + gw * gh - shared);
    }
  }
  return ious;
}
