import { isEmptySegmentation } from '../../datasets/detection/coco/empty-segmentation.ts';
import { fillDisc, type Point, strokeLine, tint } from '../../datasets/draw/strokes.ts';
import { type CocoAnnotation, type CocoCategory, type Color, categoryColor, type Image } from '../../datasets/index.ts';
import { type Rle, rleDecode } from '../../datasets/masks/rle.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../errors.ts';
import { checkOptions } from '../../io/options.ts';

/** Settings of `showAnns`. */
export interface ShowAnnsOptions {
  /** Draw boxes too. Boxes of annotations with neither segmentation nor keypoints are always drawn. */
  readonly drawBbox?: boolean;
}

/** Sizes as shares of the image's mean side. */
const LINE = 0.0035;
const POINT = 0.006;
/** Opacity of a mask. */
const FILL = 0.4;
const [HIDDEN, SEEN]: readonly Color[] = [
  [0, 0, 0],
  [255, 255, 255],
];

/**
 * Draws annotations on a copy of their image, each in its category's color: masks and polygons translucent with
 * outlines; keypoints joined by the category's skeleton, with a white rim if visible and a black one if hidden.
 *
 * @param image of the size that the data set states
 * @param categories for the skeletons
 * @throws ResnetCocoError BAD_DATASET when a segmentation is wrong or of another size; names the annotation
 */
export function showAnns(
  image: Image,
  annotations: readonly CocoAnnotation[],
  categories: ReadonlyMap<number, CocoCategory>,
  options: ShowAnnsOptions = {},
): Image {
  checkOptions('showAnns', options, { drawBbox: 'boolean' });
  const { drawBbox = false } = options;
  const canvas: Image = { ...image, data: new Uint8Array(image.data) };
  const side = (image.width + image.height) / 2;
  const thickness = Math.max(1, Math.round(side * LINE));
  for (const annotation of annotations) drawMask(canvas, annotation, thickness);
  for (const { bbox, category_id, keypoints, segmentation } of annotations) {
    const hasMask = !isEmptySegmentation(segmentation);
    const color = categoryColor(category_id);
    const outline = (corners: readonly Point[]) => {
      for (const [i, corner] of corners.entries()) {
        strokeLine(canvas, corner, corners[(i + 1) % corners.length], thickness, color);
      }
    };
    if (Array.isArray(segmentation)) for (const polygon of segmentation) outline(pointsOf(polygon));
    if (bbox && (drawBbox || !(hasMask || keypoints?.length))) {
      const [x, y, width, height] = bbox;
      outline(pointsOf([x, y, x + width, y, x + width, y + height, x, y + height]));
    }
  }
  for (const { category_id, keypoints } of annotations) {
    const skeleton = categories.get(category_id)?.skeleton ?? [];
    if (keypoints) drawKeypoints(canvas, keypoints, skeleton, categoryColor(category_id), side);
  }
  return canvas;
}

function pointsOf(polygon: readonly number[]): Point[] {
  return Array.from({ length: polygon.length >> 1 }, (_, i) => [polygon[2 * i], polygon[2 * i + 1]] as const);
}

function drawMask(canvas: Image, { category_id, id, segmentation }: CocoAnnotation, thickness: number): void {
  if (!segmentation || isEmptySegmentation(segmentation)) return;
  const { height, width } = canvas;
  let rle: Rle;
  try {
    rle = toRle(segmentation, height, width);
    if (rle.height !== height || rle.width !== width) {
      throw new Error(`it has ${rle.width}×${rle.height} pixels, the image ${width}×${height}`);
    }
  } catch (error) {
    throw new ResnetCocoError('BAD_DATASET', `annotation ${id}: segmentation: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const mask = rleDecode(rle);
  const isOutlined = !Array.isArray(segmentation);
  const color = categoryColor(category_id);
  for (let x = 0, p = 0; x < width; x++) {
    for (let y = 0; y < height; y++, p++) {
      if (mask[p]) tint(canvas, y * width + x, color, isOutlined && isEdge(mask, p, y, canvas, thickness) ? 1 : FILL);
    }
  }
}

/** Whether a pixel of a mask, [W, H], is near a pixel outside it; the image's border is not an edge. */
function isEdge(mask: Uint8Array, p: number, y: number, { height }: Image, thickness: number): boolean {
  for (let step = 1; step <= thickness; step++) {
    const isInside =
      (y - step < 0 || mask[p - step]) &&
      (y + step >= height || mask[p + step]) &&
      (mask[p - step * height] ?? 1) &&
      (mask[p + step * height] ?? 1);
    if (!isInside) return true;
  }
  return false;
}

function drawKeypoints(
  canvas: Image,
  keypoints: readonly number[],
  skeleton: readonly (readonly [number, number])[],
  color: Color,
  side: number,
): void {
  const thickness = Math.max(1.5, side * LINE * 1.5);
  const radius = Math.max(2, side * POINT);
  const at = (i: number): Point => [keypoints[3 * i], keypoints[3 * i + 1]];
  const isLabeled = (i: number) => keypoints[3 * i + 2] > 0;
  for (const [from, to] of skeleton) {
    if (isLabeled(from - 1) && isLabeled(to - 1)) strokeLine(canvas, at(from - 1), at(to - 1), thickness, color);
  }
  for (let i = 0; 3 * i + 2 < keypoints.length; i++) {
    if (!isLabeled(i)) continue;
    fillDisc(canvas, at(i), radius, keypoints[3 * i + 2] > 1 ? SEEN : HIDDEN);
    fillDisc(canvas, at(i), radius * 0.65, color);
  }
}
