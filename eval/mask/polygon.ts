/**
 * Polygons drawn as masks, pixel for pixel as maskApi's `rleFrPoly` draws them: corners are rounded to a grid five times
 * as fine as the pixels, edges are walked on it, and where an edge crosses the middle of a column of pixels a run of
 * that column begins or ends.
 *
 * maskApi visits every point of every edge and then drops all but those beside the line 5 · column + 2.5. Here only
 * these are worked out, so time goes with the crossings and not with the length of the edges.
 */
import { MOST } from '../../io/bounds.ts';
import type { Rle } from './rle.ts';

const SCALE = 5;
const MIDDLE = 2;
/** Crossings are kept until they are sorted: 256 MB of them. */
const MOST_CROSSINGS = 2 ** 26;

/**
 * Draws one polygon; it may leave the image and cross itself (what is inside an even number of times stays out).
 * @param xy x1, y1, x2, y2 … in pixels, finite, of an even length
 * @throws Error with a reason for a coordinate beyond ±429 million, or edges too long to be drawn
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
  // Where runs begin and end, as column-major pixel numbers, and the end of the mask.
  const bounds = new Uint32Array(crossings + 1);
  let filled = 0;
  for (let i = 0; i < corners; i++) filled = crossEdge(x[i], y[i], x[i + 1], y[i + 1], height, width, bounds, filled);
  bounds[filled] = height * width;
  bounds.sort();
  return { height, width, counts: runsBetween(bounds) };
}

/** A box as the polygon that pycocotools makes of it. */
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

/** A box as maskApi's `rleFrBbox` draws it. @throws Error as `rleFromPolygon` */
export function rleFromBox(box: Iterable<number>, height: number, width: number): Rle {
  return rleFromPolygon(boxPolygon(box), height, width);
}

function onFineGrid(xy: ArrayLike<number>, index: number): number {
  const rounded = Math.trunc(SCALE * xy[index] + 0.5);
  if (Math.abs(rounded) < 2 ** 31) return rounded;
  throw new Error(`the coordinate ${xy[index]} is beyond ±${MOST.coordinate}`);
}

/** How many of the image's columns have their middle's line before a point of the fine grid. */
function columnsBefore(x: number, width: number): number {
  return x <= MIDDLE ? 0 : Math.min(width, Math.ceil((x - MIDDLE) / SCALE));
}

/**
 * Adds where an edge crosses the middles of columns. For each column the two neighbouring points of the edge at
 * u = 5 · column + 2 and + 3 count, of which the upper one's v decides.
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
 * The first step t of a steep edge, whose u is trunc(xs + slope · t + .5), that is on the other side of the line
 * between u = `line` and `line` + 1. An estimate, put right by the very same arithmetic.
 */
function stepAcross(xs: number, slope: number, line: number): number {
  const rising = slope > 0;
  const across = (t: number) => Math.trunc(xs + slope * t + 0.5) > line === rising;
  let t = Math.ceil((line + 0.5 - xs) / slope);
  while (across(t - 1)) t--;
  while (!across(t)) t++;
  return t;
}

/** The first row of pixels whose middle is not above a point of the fine grid, kept within the image. */
function rowOf(v: number, height: number): number {
  return v <= MIDDLE ? 0 : Math.min(height, Math.ceil((v - MIDDLE) / SCALE));
}

/** Lengths of the runs between sorted bounds. Bounds in one place cancel each other in pairs. */
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
