import type { CocoSegmentation } from '../detection/coco/coco-format.ts';
import { isEmptySegmentation } from '../detection/coco/empty-segmentation.ts';
import type { ImageSize } from '../images/image-size.ts';
import { rleArea } from './rle.ts';
import { isList, toRle } from './segmentation.ts';

/** Numbers of the simplest polygon: x, y of three points. */
const TRIANGLE = 6;

/**
 * What can be drawn of a segmentation, without its polygons of fewer than three points, which cover nothing.
 *
 * @returns undefined when it covers no pixel of the image
 * @throws Error with a reason when it is malformed, or a mask of another size
 */
export function usableSegmentation(
  segmentation: CocoSegmentation | null | undefined,
  { height, width }: ImageSize,
): CocoSegmentation | undefined {
  if (isEmptySegmentation(segmentation)) return undefined;
  const own = segmentation as CocoSegmentation;
  if (isList(own)) {
    const polygons = own.filter((polygon) => polygon.length >= TRIANGLE);
    if (!polygons.length) return undefined;
    const isCertain = polygons.some((polygon) => isLargeInside(polygon, { height, width }));
    if (!isCertain && !rleArea(toRle(polygons, height, width))) return undefined;
    return polygons.length === own.length ? own : polygons;
  }
  const rle = toRle(own, height, width);
  if (rle.height !== height || rle.width !== width) {
    throw new Error(`size is ${rle.height} × ${rle.width} pixels, but the image is ${height} × ${width}`);
  }
  return rleArea(rle) ? own : undefined;
}

/**
 * Whether a polygon lies in the image and is so large that it covers pixels, which is known without drawing it. A convex
 * one does when its area is above half of its perimeter (Bender 1962), which is at most its width plus its height; twice
 * that allows for dents and for maskApi's rounding.
 */
function isLargeInside(xy: readonly number[], { height, width }: ImageSize): boolean {
  let [left, top, right, bottom, twice] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (let i = 0, before = xy.length - 2; i < xy.length; before = i, i += 2) {
    const [x, y] = [xy[i], xy[i + 1]];
    twice += xy[before] * y - x * xy[before + 1];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  const isInside = left >= 0 && top >= 0 && right <= width && bottom <= height;
  return isInside && Math.abs(twice) / 2 > 2 * (right - left + bottom - top);
}
