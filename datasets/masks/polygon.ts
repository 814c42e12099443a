/**
 * Draws polygons as masks, pixel for pixel as maskApi's `rleFrPoly` does: corners are rounded to a grid five times as
 * fine as the pixels, edges are walked on it, and a run of a column begins or ends where an edge crosses the middle of
 * the column.
 *
 * maskApi visits every point of every edge and drops all but those next to the line 5 · column + 2.5. This code
 * computes only these points, so time grows with the crossings and not with the length of the edges.
 */
import { MOST } from '../../io/bounds.ts';
import type { Rle } from './rle.ts';

const SCALE = 5;
const MIDDLE = 2;
/** Crossings are kept until sorted: at most 256 MB. */
const MOST_CROSSINGS = 2 ** 26;

/**
 * Draws one polygon. It may leave the image and cross itself (even-odd rule).
 * @param xy x1, y1, x2, y2 … in pixels, finite, of even length
 * @throws Error with a reason when a coordinate is beyond ±429 million, or edges are too long to draw
 */
export function rleFromPolygon(xy: ArrayLike<number>, height: number, width: number): Rle {
  const corners = xy.length >> 1;
  const [x, y] = [new Int32Array(corners + 1), new Int32Array(corners + 1)];
  for (let i = 0; i < corners; i++) {
    x[i] = onFineGrid(xy, 2 * i);
    y[i] = onFineGrid(xy, 2 * i + 1);
  }
  x[corners] = x[0];
  y[corners] = y[0];

  let crossings = 0;
  for (let i = 0; i < corners; i++) {
    const [from, to] = x[i] < x[i + 1] ? [x[i], x[i + 1]] : [x[i + 1], x[i]];
    crossings += Math.max(0, columnsBefore(to, width) - columnsBefore(from, width));
  }
  if (crossings > MOST_CROSSINGS) {
    throw new Error(`its edges cross ${crossings} columns of pixels; at most ${MOST_CROSSINGS} can be drawn`);
  }
  // Where runs begin and end, as column-major pixel numbers, then the end of the mask.
  const bounds = new Uint32Array(crossings + 1);
  let filled = 0;
  for (let i = 0; i < corners; i++) filled = crossEdge(x[i], y[i], x[i + 1], y[i + 1], height, width, bounds, filled);
  bounds[filled] = height * width;
  bounds.sort();
  return { height, width, counts: runsBetween(bounds) };
}

/** A box as pycocotools' polygon. */
export const boxPolygon = ([x, y, width, height]: Iterable<number>): number[] => [
  x,
  y,
  x,
  y + height,
  x + width,
  y + height,
  x + width,
  y,
];

/** Draws a box as maskApi's `rleFrBbox` does. @throws Error as `rleFromPolygon` does */
export function rleFromBox(box: Iterable<number>, height: number, width: number): Rle {
  return rleFromPolygon(boxPolygon(box), height, width);
}

function onFineGrid(xy: ArrayLike<number>, index: number): number {
  const rounded = Math.trunc(SCALE * xy[index] + 0.5);
  if (Math.abs(rounded) < 2 ** 31) return rounded;
  throw new Error(`the coordinate ${xy[index]} is beyond ±${MOST.coordinate}`);
}

/** Number of the image's columns whose middle line is before a point of the fine grid. */
function columnsBefore(x: number, width: number): number {
  return x <= MIDDLE ? 0 : Math.min(width, Math.ceil((x - MIDDLE) / SCALE));
}

/**
 * Adds the crossings of an edge with the middles of columns. Per column, the two neighboring points of the edge at u =
 * 5 · column + 2 and + 3 count; the v of the upper one decides.
 */
function crossEdge(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  height: number,
  width: number,
  bounds: Uint32Array,
  at: number,
): number {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const swap = dx >= dy ? x0 > x1 : y0 > y1;
  const [xs, ys, xe, ye] = swap ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  const first = columnsBefore(Math.min(xs, xe), width);
  const end = columnsBefore(Math.max(xs, xe), width);
  let filled = at;
  if (dx >= dy) {
    const slope = (ye - ys) / dx;
    for (let column = first; column < end; column++) {
      const t = SCALE * column + MIDDLE - xs + (slope < 0 ? 1 : 0);
      bounds[filled++] = column * height + rowOf(Math.trunc(ys + slope * t + 0.5), height);
    }
    return filled;
  }
  const slope = (xe - xs) / dy;
  for (let column = first; column < end; column++) {
    const t = stepAcross(xs, slope, SCALE * column + MIDDLE);
    bounds[filled++] = column * height + rowOf(ys + t - 1, height);
  }
  return filled;
}

/**
 * The first step t of a steep edge, with u = trunc(xs + slope · t + .5), on the other side of the line between u =
 * `line` and `line` + 1. An estimate, corrected with the same arithmetic.
 */
function stepAcross(xs: number, slope: number, line: number): number {
  const rising = slope > 0;
  const across = (t: number) => Math.trunc(xs + slope * t + 0.5) > line === rising;
  let t = Math.ceil((line + 0.5 - xs) / slope);
  while (across(t - 1)) t--;
  while (!across(t)) t++;
  return t;
}

/** The first row of pixels whose middle is not above a point of the fine grid, clipped to the image. */
function rowOf(v: number, height: number): number {
  return v <= MIDDLE ? 0 : Math.min(height, Math.ceil((v - MIDDLE) / SCALE));
}

/** Lengths of the runs between sorted bounds. Two bounds at one place cancel. */
function runsBetween(bounds: Uint32Array): Uint32Array {
  const lengths = bounds;
  for (let i = lengths.length - 1; i > 0; i--) lengths[i] -= lengths[i - 1];
  let runs = 1;
  for (let i = 1; i < lengths.length; ) {
    if (lengths[i] > 0) {
      lengths[runs++] = lengths[i++];
    } else {
      i++;
      if (i < lengths.length) lengths[runs - 1] += lengths[i++];
    }
  }
  return lengths.slice(0, runs);
}
