// M × M mask of a detection, h × w pixels of its box, H × W pixels of the image.
import type { Rle } from '../../datasets/masks/rle.ts';

/** A mask of M × M probabilities, row by row, and the box that it fills, in pixels of the image. */
export interface BoxMask {
  readonly probabilities: Float32Array;
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** Zeros around a mask before it is resized, so that its edge fades. */
const PADDING = 1;

/**
 * Resizes a mask to its box and cuts it at the image, as torchvision's `paste_masks_in_image` does
 * (`roi_heads.py`), and encodes what is above the threshold. Only the box's columns are computed, one at a time: memory
 * does not grow with the image.
 *
 * @param side M
 * @param threshold a pixel is in the mask above it, from 0 to 1
 */
export function pasteMask(
  { box, probabilities }: BoxMask,
  side: number,
  { height, width }: { readonly height: number; readonly width: number },
  threshold = 0.5,
): Rle {
  const [x1, y1, x2, y2] = expandedBox(box, side);
  const columns = resizing(side, Math.max(x2 - x1 + 1, 1));
  const rows = resizing(side, Math.max(y2 - y1 + 1, 1));
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
  const column = new Float32Array(side);
  for (let x = left; x < right; x++) {
    const { far, near, share } = columns(x - x1);
    for (let row = 0; row < side; row++) {
      const at = (place: number) => (place < 0 || place >= side ? 0 : probabilities[row * side + place]);
      column[row] = (1 - share) * at(near) + share * at(far);
    }
    if (top > 0) turn(x * height, false);
    for (let y = top; y < bottom; y++) {
      const { far, near, share } = rows(y - y1);
      const at = (place: number) => (place < 0 || place >= side ? 0 : column[place]);
      turn(x * height + y, Math.fround((1 - share) * at(near) + share * at(far)) > threshold);
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

/** Bilinear resizing of a padded side (`align_corners=False`): of a pixel, the two places of the unpadded mask and the far one's share. */
function resizing(side: number, size: number): (pixel: number) => { near: number; far: number; share: number } {
  const padded = side + 2 * PADDING;
  const scale = Math.fround(padded / size);
  return (pixel) => {
    const place = Math.max(0, Math.fround(Math.fround(scale * Math.fround(pixel + 0.5)) - 0.5));
    const near = Math.min(Math.floor(place), padded - 1);
    const far = Math.min(near + 1, padded - 1);
    return { near: near - PADDING, far: far - PADDING, share: Math.fround(place - near) };
  };
}
