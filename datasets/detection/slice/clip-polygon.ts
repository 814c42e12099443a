import type { Region } from '../../images/region.ts';
import { signedArea } from '../../masks/signed-area.ts';

/** The area of a polygon, x and y by turns. */
export const polygonArea = (polygon: readonly number[]): number => Math.abs(signedArea(polygon));

/**
 * The part of a polygon in a region, in its pixels; empty outside (Sutherland and Hodgman 1974). Parts that only a border
 * joins are one polygon.
 */
export function clipPolygon(polygon: readonly number[], { height, left, top, width }: Region): number[] {
  let points = polygon.map((value, i) => value - (i % 2 ? top : left));
  points = clipAt(points, 0, 0, 1);
  points = clipAt(points, 0, width, -1);
  points = clipAt(points, 1, 0, 1);
  return clipAt(points, 1, height, -1);
}

/** What is on one side of a line: where the coordinate of the axis is at least `limit`, or at most with `sign` −1. */
function clipAt(points: readonly number[], axis: 0 | 1, limit: number, sign: 1 | -1): number[] {
  const clipped: number[] = [];
  for (let i = 0, before = points.length - 2; i < points.length; before = i, i += 2) {
    const [from, to] = [sign * (points[before + axis] - limit), sign * (points[i + axis] - limit)];
    if (from < 0 !== to < 0) {
      const share = from / (from - to);
      const other = points[before + 1 - axis] + share * (points[i + 1 - axis] - points[before + 1 - axis]);
      clipped.push(...(axis === 0 ? [limit, other] : [other, limit]));
    }
    if (to >= 0) clipped.push(points[i], points[i + 1]);
  }
  return clipped;
}
