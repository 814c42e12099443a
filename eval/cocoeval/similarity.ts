// D detections, G objects of an image.
import type { CocoImage } from '../../datasets/index.ts';
import { boxPolygon } from '../../datasets/masks/polygon.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { type AnnotationTable, boxOf, rowError, type Similarity } from '../coco/annotation-table.ts';
import { maskIou, type PreparedMask, prepareMask } from '../mask/mask-iou.ts';
import { boxSimilarity } from './box-similarity.ts';
import { keypointSimilarity } from './object-keypoint-similarity.ts';
import type { IouType } from './params.ts';

/**
 * The similarity of detections and objects for a type of evaluation.
 *
 * @param images by index in the data set
 */
export function similarityOf(
  type: IouType,
  dt: AnnotationTable,
  gt: AnnotationTable,
  images: readonly CocoImage[],
  sigmas: readonly number[],
): Similarity {
  if (type === 'bbox') return boxSimilarity(dt, gt);
  if (type === 'keypoints') return keypointSimilarity(dt, gt, sigmas);
  return (detections, objects, out) => {
    const crowds = Uint8Array.from(objects, (row) => gt.crowds[row]);
    out.set(maskIou(masksOf(dt, detections, images), masksOf(gt, objects, images), crowds));
  };
}

function masksOf(table: AnnotationTable, rows: Int32Array, images: readonly CocoImage[]): PreparedMask[] {
  return Array.from(rows, (row) => {
    const { height, width, id } = images[table.images[row]];
    const box = table.ids ? undefined : [boxPolygon(boxOf(table, row))];
    const segmentation = table.segmentations[row] ?? box;
    if (!segmentation) throw rowError(table, row, ' has no segmentation');
    try {
      return prepareMask(toRle(segmentation, height, width));
    } catch (error) {
      throw rowError(table, row, ` of image ${JSON.stringify(id)}: segmentation: ${(error as Error).message}`);
    }
  });
}
