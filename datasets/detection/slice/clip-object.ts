import type { ImageSize } from '../../images/image-size.ts';
import type { Region } from '../../images/region.ts';
import { cropRle } from '../../masks/crop-rle.ts';
import { rleArea, rleToBbox } from '../../masks/rle.ts';
import { compressed } from '../../masks/rle-string.ts';
import { isList, toRle } from '../../masks/segmentation.ts';
import type { CocoAnnotation, CocoBox, CocoSegmentation } from '../coco/coco-format.ts';
import { isEmptySegmentation } from '../coco/empty-segmentation.ts';
import type { VocAnnotation } from '../voc/read-voc.ts';
import { clipPolygon, polygonArea } from './clip-polygon.ts';

/** The part of an object in a tile, in the tile's pixels, and the share of its area that this is. */
export interface ClippedObject {
  readonly object: Omit<CocoAnnotation, 'id' | 'image_id'>;
  readonly share: number;
}

/** What is left of a shape. */
interface Shape {
  readonly area: number;
  readonly bbox: CocoBox;
  readonly segmentation?: CocoSegmentation;
}

/**
 * Cuts an object at the borders of a tile: its polygons or mask with the box around them, else its box; of its keypoints
 * those outside are no longer labeled.
 *
 * @returns undefined when nothing of it is in the tile
 */
export function clipObject(object: CocoAnnotation, tile: Region, image: ImageSize): ClippedObject | undefined {
  const { id: _, image_id: __, keypoints, segmentation, ...rest } = object;
  const clippedBox = clipBox(object.bbox, tile);
  if (!clippedBox) return undefined;
  const [, , width, height] = object.bbox;
  const [, , partWidth, partHeight] = clippedBox;
  const isWhole = partWidth === width && partHeight === height;
  const shape = segmentation && !isEmptySegmentation(segmentation) ? clipShape(segmentation, tile, image) : undefined;
  const part: Shape = shape?.part ?? { area: partWidth * partHeight, bbox: clippedBox };
  const whole = shape?.whole ?? width * height;
  if (!(part.area > 0)) return undefined;
  // Of an object that is whole the area stays what it was said to be.
  const area = isWhole ? object.area : part.area;
  const joints = keypoints && clipKeypoints(keypoints, tile);
  const truncated: Pick<VocAnnotation, 'truncated'> = isWhole ? {} : { truncated: 1 };
  return {
    share: isWhole ? 1 : part.area / whole,
    object: { ...rest, ...truncated, ...part, ...(isWhole && { bbox: clippedBox }), area, ...joints },
  };
}

/** The part of a box in a tile, in its pixels. */
function clipBox([x, y, width, height]: CocoBox, tile: Region): CocoBox | undefined {
  const [left, top] = [Math.max(x, tile.left), Math.max(y, tile.top)];
  const [right, bottom] = [Math.min(x + width, tile.left + tile.width), Math.min(y + height, tile.top + tile.height)];
  if (right <= left || bottom <= top) return undefined;
  // A side that is not cut keeps its length to the last digit.
  const isWide = x >= tile.left && x + width <= tile.left + tile.width;
  const isTall = y >= tile.top && y + height <= tile.top + tile.height;
  return [left - tile.left, top - tile.top, isWide ? width : right - left, isTall ? height : bottom - top];
}

function clipShape(segmentation: CocoSegmentation, tile: Region, image: ImageSize): { part: Shape; whole: number } {
  if (!isList(segmentation)) {
    const rle = toRle(segmentation, image.height, image.width);
    const part = cropRle(rle, tile);
    return {
      whole: rleArea(rle),
      part: { area: rleArea(part), bbox: [...rleToBbox(part)] as const, segmentation: compressed(part) },
    };
  }
  const polygons = segmentation.map((polygon) => clipPolygon(polygon, tile)).filter((one) => polygonArea(one) > 0);
  const sum = (shapes: readonly (readonly number[])[]) => shapes.reduce((area, one) => area + polygonArea(one), 0);
  return {
    whole: sum(segmentation),
    part: { area: sum(polygons), bbox: boxAround(polygons.flat()), segmentation: polygons },
  };
}

function boxAround(points: readonly number[]): CocoBox {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    [left, right] = [Math.min(left, points[i]), Math.max(right, points[i])];
    [top, bottom] = [Math.min(top, points[i + 1]), Math.max(bottom, points[i + 1])];
  }
  return [left, top, right - left, bottom - top];
}

function clipKeypoints(keypoints: readonly number[], { height, left, top, width }: Region) {
  const clipped = keypoints.slice();
  let labeled = 0;
  for (let i = 0; i < clipped.length; i += 3) {
    const [x, y] = [clipped[i] - left, clipped[i + 1] - top];
    const isInside = clipped[i + 2] > 0 && x >= 0 && y >= 0 && x < width && y < height;
    if (isInside) labeled++;
    clipped.splice(i, 3, ...(isInside ? [x, y, clipped[i + 2]] : [0, 0, 0]));
  }
  return { keypoints: clipped, num_keypoints: labeled };
}
