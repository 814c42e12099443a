import { isEmptySegmentation } from '../../datasets/detection/coco/empty-segmentation.ts';
import { paintMask } from '../../datasets/draw/mask.ts';
import { categoryColor } from '../../datasets/draw/palette.ts';
import { annotatedPose, paintSkeleton } from '../../datasets/draw/skeleton.ts';
import { type Point, strokeLine } from '../../datasets/draw/strokes.ts';
import type { CocoAnnotation, CocoCategory, Image } from '../../datasets/index.ts';
import type { Rle } from '../../datasets/masks/rle.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../errors.ts';
import { checkOptions } from '../../io/options.ts';

/** Settings of `showAnns`. */
export interface ShowAnnsOptions {
  /** Draw boxes too. Boxes of annotations with neither segmentation nor keypoints are always drawn. */
  readonly drawBbox?: boolean;
}

/** Thickness of lines as a share of the image's mean side. */
const LINE = 0.0035;

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
    if (keypoints)
      paintSkeleton(canvas, annotatedPose(keypoints, categories.get(category_id)), categoryColor(category_id));
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
  // Polygons are outlined by themselves, smoothly.
  paintMask(canvas, rle, categoryColor(category_id), Array.isArray(segmentation) ? 0 : thickness);
}
