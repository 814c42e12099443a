// M × M mask of a detection, h × w pixels of its box, H × W pixels of the image.
import type { Rle } from '../../datasets/masks/rle.ts';
import type { ImageSize } from './boxes.ts';

/** How masks are pasted: resized to whole pixels, as in torchvision, or sampled at each pixel's center. */
export type MaskPaste = 'resize' | 'grid_sample';

/** A mask of M × M probabilities, row by row, and the box that it fills, in pixels of the image. */
export interface BoxMask {
  readonly probabilities: Float32Array;
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** Zeros around a mask before it is resized, so that its edge fades. */
export const PADDING = 1;

/**
 * Resizes a mask to its box and cuts it at the image, as torchvision's `paste_masks_in_image` does
 * (`roi_heads.py`), and encodes what is above the threshold. Only the box's columns are computed, one at a time: memory
 * does not grow with the image.
 *
 * @param side M
 * @param threshold a pixel is in the mask above it, from 0 to 1
 */
export function pasteMask({ box, probabilities }: BoxMask, side: number, image: ImageSize, threshold = 0.5): Rle {
  const [x1, y1, x2, y2] = expandedBox(box, side);
  const [columns, rows] = [taps(side, Math.max(x2 - x1 + 1, 1)), taps(side, Math.max(y2 - y1 + 1, 1))];
  return above(threshold, probabilities, side, { columns, rows, x1, y1, x2, y2 }, image);
}

/** A pixel at one half is in the mask. */
export const JUST_BELOW_HALF = 0.5 - 2 ** -25;

/**
 * Samples a mask at the center of each pixel, as Detectron2's and MMDetection's `_do_paste_mask` do with `grid_sample`, and
 * encodes what is not below one half.
 *
 * @param side M
 */
export function pasteSampledMask({ box, probabilities }: BoxMask, side: number, image: ImageSize): Rle {
  const [left, top, right, bottom] = box;
  const [x1, y1, x2, y2] = [Math.floor(left) - 1, Math.floor(top) - 1, Math.ceil(right) + 1, Math.ceil(bottom) + 1];
  const columns = centerTaps(side, left, right, x1, x2 - x1 + 1);
  const rows = centerTaps(side, top, bottom, y1, y2 - y1 + 1);
  return above(JUST_BELOW_HALF, probabilities, side, { columns, rows, x1, y1, x2, y2 }, image);
}

/** Where the pixels of a part of an image, in whole numbers, lie on a padded mask. */
interface Placed {
  readonly columns: Taps;
  readonly rows: Taps;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The pixels whose interpolated probability is above a threshold. */
function above(
  threshold: number,
  probabilities: Float32Array,
  side: number,
  { columns, rows, x1, x2, y1, y2 }: Placed,
  { height, width }: ImageSize,
): Rle {
  const [left, right] = [Math.max(x1, 0), Math.min(x2 + 1, width)];
  const [top, bottom] = [Math.max(y1, 0), Math.min(y2 + 1, height)];
  const counts: number[] = [];
  let [start, inside] = [0, false];
  /** Pixels from `from` on are in the mask, or not, in column-major order. */
  const turn = (from: number, now: boolean): void => {
    if (now === inside) return;
    counts.push(from - start);
    [start, inside] = [from, now];
  };
  // With the padding's zeros at either end.
  const column = new Float32Array(side + 2 * PADDING);
  const at = (row: number, place: number): number =>
    place < PADDING || place >= side + PADDING ? 0 : probabilities[row * side + place - PADDING];
  for (let x = left; x < right; x++) {
    const [near, share] = [columns.near[x - x1], columns.share[x - x1]];
    const far = columns.farOf(near);
    for (let row = 0; row < side; row++) column[row + PADDING] = (1 - share) * at(row, near) + share * at(row, far);
    if (top > 0) turn(x * height, false);
    for (let y = top; y < bottom; ) {
      const place = rows.near[y - y1];
      const end = Math.min(rows.ends[place] + y1, bottom);
      const [value, next] = [column[place], column[rows.farOf(place)]];
      const isIn = value > threshold;
      // Between two values on the same side of the threshold all are on that side.
      if (isIn === next > threshold) turn(x * height + y, isIn);
      else {
        for (let pixel = y; pixel < end; pixel++) {
          const part = rows.share[pixel - y1];
          turn(x * height + pixel, Math.fround((1 - part) * value + part * next) > threshold);
        }
      }
      y = end;
    }
    if (bottom < height) turn(x * height + bottom, false);
  }
  turn(Math.max(left, right) * height, false);
  counts.push(height * width - start);
  return { height, width, counts: Uint32Array.from(counts) };
}

/** The box of the padded mask, in whole pixels: `expand_boxes`, then rounded towards 0. */
function expandedBox([x1, y1, x2, y2]: BoxMask['box'], side: number): [number, number, number, number] {
  const scale = Math.fround((side + 2 * PADDING) / side);
  const around = (from: number, to: number): [number, number] => {
    const half = Math.fround(Math.fround(Math.fround(to - from) * 0.5) * scale);
    const center = Math.fround(Math.fround(to + from) * 0.5);
    return [Math.trunc(Math.fround(center - half)), Math.trunc(Math.fround(center + half))];
  };
  const [left, right] = around(x1, x2);
  const [top, bottom] = around(y1, y2);
  return [left, top, right, bottom];
}

/** Of each pixel of a resized side, where it lies on the padded mask. */
interface Taps {
  /** The nearer place, which does not fall from pixel to pixel. */
  readonly near: Int32Array;
  /** What the next place counts. */
  readonly share: Float32Array;
  /** By place, the first pixel after those that are near it. */
  readonly ends: Int32Array;
  readonly farOf: (place: number) => number;
}

/**
 * Of pixels from `first` on, where their centers lie on a padded side that fills a box from `from` to `to`; torch's
 * `grid_sample` without `align_corners`.
 */
function centerTaps(side: number, from: number, to: number, first: number, count: number): Taps {
  const padded = side + 2 * PADDING;
  const extent = Math.fround(to - from);
  const [near, share, ends] = [new Int32Array(count), new Float32Array(count), new Int32Array(padded)];
  for (let pixel = 0; pixel < count; pixel++) {
    const inBox = Math.fround(Math.fround(Math.fround(first + pixel + 0.5) - from) / extent);
    const grid = Math.fround(Math.fround(inBox * 2) - 1);
    const place = Math.fround(Math.fround(Math.fround(Math.fround(grid + 1) * side) - 1) / 2) + PADDING;
    const inside = Math.min(Math.max(place, 0), padded - 1);
    near[pixel] = Math.floor(inside);
    share[pixel] = Math.fround(inside - near[pixel]);
    ends[near[pixel]] = pixel + 1;
  }
  return { near, share, ends, farOf: (place) => Math.min(place + 1, padded - 1) };
}

/** Bilinear resizing of a padded side (`align_corners=False`). */
function taps(side: number, size: number): Taps {
  const padded = side + 2 * PADDING;
  const scale = Math.fround(padded / size);
  const [near, share, ends] = [new Int32Array(size), new Float32Array(size), new Int32Array(padded)];
  for (let pixel = 0; pixel < size; pixel++) {
    const place = Math.max(0, Math.fround(Math.fround(scale * Math.fround(pixel + 0.5)) - 0.5));
    near[pixel] = Math.min(Math.floor(place), padded - 1);
    share[pixel] = Math.fround(place - near[pixel]);
    ends[near[pixel]] = pixel + 1;
  }
  return { near, share, ends, farOf: (place) => Math.min(place + 1, padded - 1) };
}
