// D detections, G objects of an image.
import type { CocoImage } from '../../datasets/index.ts';
import { boxPolygon } from '../../datasets/masks/polygon.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { type AnnotationTable, boxOf, rowError, type Similarity } from '../coco/annotation-table.ts';
import { maskIou, type PreparedMask, prepareMask } from '../mask/mask-iou.ts';
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

/** Intersection over union; with a crowd, over the detection's area (`maskApi.c: bbIou`). */
function boxSimilarity(dt: AnnotationTable, gt: AnnotationTable): Similarity {
  const [d, g] = [dt.boxes, gt.boxes];
  return (detections, objects, out) => {
    const columns = objects.length;
    for (let i = 0; i < detections.length; i++) {
      const a = 4 * detections[i];
      const [ax, ay, aw, ah] = [d[a], d[a + 1], d[a + 2], d[a + 3]];
      const area = aw * ah;
      for (let j = 0; j < columns; j++) {
        const b = 4 * objects[j];
        const [bx, by, bw, bh] = [g[b], g[b + 1], g[b + 2], g[b + 3]];
        const width = Math.min(aw + ax, bw + bx) - Math.max(ax, bx);
        const height = Math.min(ah + ay, bh + by) - Math.max(ay, by);
        if (width <= 0 || height <= 0) {
          out[i * columns + j] = 0;
          continue;
        }
        const intersection = width * height;
        const union = gt.crowds[objects[j]] ? area : area + bw * bh - intersection;
        const iou = intersection / union;
        // Areas that overflow give 0.
        out[i * columns + j] = iou < Number.POSITIVE_INFINITY ? iou : 0;
      }
    }
  };
}
