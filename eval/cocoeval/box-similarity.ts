// D detections, G objects of an image.
import type { AnnotationTable, Similarity } from '../coco/annotation-table.ts';

/** Intersection over union; with a crowd, over the detection's area (`maskApi.c: bbIou`). */
export function boxSimilarity(dt: AnnotationTable, gt: AnnotationTable): Similarity {
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
