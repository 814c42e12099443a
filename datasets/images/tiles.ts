import { ResnetCocoError } from '../../errors.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { ImageSize } from './image-size.ts';
import type { Region } from './region.ts';

/** How an image is cut into tiles. */
export interface Slicing {
  /** Width and height of a tile in pixels. A side of the image that is shorter is that of its tiles. */
  readonly slice: readonly [width: number, height: number];
  /** The share of a tile's side that it has in common with the next, from 0 to below 1. */
  readonly overlap: number;
}

/** The side of a tile, or width and height. */
export type SliceSize = number | readonly [width: number, height: number];

const MOST_PIXELS = 2 ** 24;
/** A tile of the least step for each pixel would take years. */
const MOST_TILES = 1_000_000;

/**
 * Checks how an image is to be cut.
 *
 * @throws ResnetCocoError USAGE for a size or an overlap that is none
 */
export function checkSlicing(slice: SliceSize, overlap: number): Slicing {
  const sides = typeof slice === 'number' ? [slice, slice] : slice;
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) >= 1;
  if (!Array.isArray(sides) || sides.length !== 2 || !sides.every(isSide) || sides[0] * sides[1] > MOST_PIXELS) {
    const wanted = `the side of a tile in whole pixels, or [width, height], of at most ${MOST_PIXELS} pixels`;
    throw new ResnetCocoError('USAGE', `slice must be ${wanted}, is ${shownValue(slice)}`);
  }
  if (!(typeof overlap === 'number' && overlap >= 0 && overlap < 1)) {
    throw new ResnetCocoError('USAGE', `overlap must be a number from 0 to below 1, is ${shownValue(overlap)}`);
  }
  return { slice: [sides[0], sides[1]], overlap };
}

/**
 * The tiles of an image, row by row. All have one size: the last of a row or column begins where it ends with the image
 * (SAHI's `get_slice_bboxes`).
 *
 * @throws ResnetCocoError BAD_IMAGE for more than a million tiles
 */
export function tilesOf(
  { height, width }: ImageSize,
  { overlap, slice: [sliceWidth, sliceHeight] }: Slicing,
): Region[] {
  const columns = starts(width, sliceWidth, overlap);
  const rows = starts(height, sliceHeight, overlap);
  if (columns.length * rows.length > MOST_TILES) {
    const size = `${width}×${height} pixels in tiles of ${sliceWidth}×${sliceHeight}`;
    const count = columns.length * rows.length;
    throw new ResnetCocoError('BAD_IMAGE', `${size} are ${count} tiles, over ${MOST_TILES}; choose larger ones`);
  }
  const size = { width: Math.min(sliceWidth, width), height: Math.min(sliceHeight, height) };
  return rows.flatMap((top) => columns.map((left) => ({ left, top, ...size })));
}

/** Where the tiles of a side begin. */
function starts(side: number, slice: number, overlap: number): number[] {
  const step = Math.max(slice - Math.floor(overlap * slice), 1);
  const places: number[] = [];
  for (let at = 0; ; at += step) {
    if (at + slice >= side) return [...places, Math.max(side - slice, 0)];
    places.push(at);
  }
}
