import { type Rle, rleToBbox } from './rle.ts';
import { rleToBoxRows } from './row-major.ts';

/** Steps along the edges of pixels: right, down, left, up. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The outline of a mask along the edges of its pixels: closed polygons of corners x, y by turns, clockwise around parts
 * and counterclockwise around holes. Pixels that touch only in a corner are apart.
 */
export function maskOutline(rle: Rle): number[][] {
  const box = rleToBbox(rle);
  const [left, top, width, height] = box;
  const pixels = rleToBoxRows(rle, box);
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] === 1;
  // Each polygon goes right above a pixel at least once.
  const isPassed = new Uint8Array(pixels.length);
  const pass = (x: number, y: number): void => {
    isPassed[y * width + x] = 1;
  };
  const polygons: number[][] = [];
  for (let at = 0; at < pixels.length; at++) {
    if (!pixels[at] || isPassed[at] || (at >= width && pixels[at - width])) continue;
    const corners = follow(at % width, Math.floor(at / width), isInside, pass);
    polygons.push(corners.map((value, i) => value + (i % 2 ? top : left)));
  }
  return polygons;
}

/** The polygon that goes right above a pixel, with the inside on its right hand. */
function follow(
  startX: number,
  startY: number,
  isInside: (x: number, y: number) => boolean,
  pass: (x: number, y: number) => void,
): number[] {
  const corners: number[] = [];
  let [x, y, way] = [startX, startY, 0];
  do {
    if (way === 0) pass(x, y);
    const [dx, dy] = STEPS[way];
    [x, y] = [x + dx, y + dy];
    const turn = !isInside(...pixelAt(x, y, way)) ? 1 : isInside(...pixelAt(x, y, way + 3)) ? 3 : 0;
    if (turn) corners.push(x, y);
    way = (way + turn) % 4;
  } while (x !== startX || y !== startY || way !== 0);
  return corners;
}

/** Of the four pixels around a corner, the one ahead on the right of a way; that of the way + 3 is ahead on the left. */
function pixelAt(x: number, y: number, way: number): [x: number, y: number] {
  const [isWest, isNorth] = [way % 4 === 1 || way % 4 === 2, way % 4 >= 2];
  return [isWest ? x - 1 : x, isNorth ? y - 1 : y];
}
