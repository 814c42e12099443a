// D detections, G objects of an image, J keypoints.
import { type AnnotationTable, boxOf, rowError, type Similarity } from '../coco/annotation-table.ts';
import { pairwiseSum } from './pairwise-sum.ts';

/**
 * Object keypoint similarity (cocodataset.org/#keypoints-eval): the mean over an object's labeled keypoints of exp(-d²
 * / 2s²k²). If none is labeled, d is a keypoint's distance outside the object's box, doubled in size.
 *
 * @param sigmas J numbers; k = 2 sigma
 */
export function keypointSimilarity(dt: AnnotationTable, gt: AnnotationTable, sigmas: readonly number[]): Similarity {
  const variances = sigmas.map((sigma) => (sigma * 2) ** 2);
  return (detections, objects, out) => {
    objects.forEach((object, j) => {
      // An object without keypoints is compared by its box, like one without labeled keypoints.
      const points = gt.keypoints[object]?.length === 0 ? [] : pointsOf(gt, object, sigmas.length);
      const [x, y, width, height] = boxOf(gt, object);
      const [left, right] = [x - width, x + width * 2];
      const [top, bottom] = [y - height, y + height * 2];
      const area = gt.areas[object] + Number.EPSILON;
      const isLabeled = variances.some((_, k) => points[3 * k + 2] > 0);
      detections.forEach((detection, i) => {
        const keypoints = pointsOf(dt, detection, sigmas.length);
        const likeness: number[] = [];
        variances.forEach((variance, k) => {
          const [xd, yd] = [keypoints[3 * k], keypoints[3 * k + 1]];
          let [dx, dy] = [xd - points[3 * k], yd - points[3 * k + 1]];
          if (!isLabeled) {
            dx = Math.max(0, left - xd) + Math.max(0, xd - right);
            dy = Math.max(0, top - yd) + Math.max(0, yd - bottom);
          } else if (!(points[3 * k + 2] > 0)) return;
          likeness.push(Math.exp(-((dx * dx + dy * dy) / variance / area / 2)));
        });
        out[i * objects.length + j] = pairwiseSum(likeness) / likeness.length;
      });
    });
  };
}

function pointsOf(table: AnnotationTable, row: number, count: number): readonly number[] {
  const points = table.keypoints[row];
  if (points?.length === 3 * count) return points;
  const wanted = `keypoints wants ${3 * count} numbers, x, y and v of ${count} points`;
  throw rowError(table, row, `: ${wanted}, got ${points ? points.length : 'none'}`);
}
