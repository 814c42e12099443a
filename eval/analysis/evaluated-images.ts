// D detections, G objects of an image.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { cocoRules, type Group, groupsOf } from '../cocoeval/evaluation.ts';
import { selectionOf } from '../cocoeval/groups.ts';

/** The evaluated detections and objects of an image, by category. */
export interface EvaluatedImage {
  /** Index among the evaluated images. */
  readonly image: number;
  /** Rows of the results: by category, in each the best first. */
  readonly detections: Int32Array;
  /** Rows of the annotations: by category, in each as in the file. */
  readonly objects: Int32Array;
  /** The range of each category in these lists. */
  readonly parts: readonly Part[];
  /** `[D, G]` across categories; for keypoints 0 between categories. The next image overwrites it. */
  readonly similarities: Float64Array;
}

interface Part {
  /** Index among the evaluated categories. */
  readonly category: number;
  readonly detections: readonly [start: number, end: number];
  readonly objects: readonly [start: number, end: number];
}

/** Iterates over the images with detections or objects, in the order of evaluation. */
export function* evaluatedImages(e: COCOeval): Generator<EvaluatedImage> {
  const { params } = e.evaluationDone;
  const [gt, dt] = [e.cocoGt.table, e.cocoDt.table];
  const { similarity } = cocoRules(e.cocoGt, e.cocoDt, params);
  const byImage: Group[][] = params.imgIds.map(() => []);
  const groups = groupsOf(gt, dt, selectionOf(e.cocoGt.images, params), Math.max(...params.maxDets));
  for (const group of groups) byImage[group.image].push(group);
  let similarities = new Float64Array(1024);
  for (const [image, list] of byImage.entries()) {
    if (!list.length) continue;
    const allDetections = joined(list.map(({ detections }) => detections));
    const allObjects = joined(list.map(({ objects }) => objects));
    const [D, G] = [allDetections.rows.length, allObjects.rows.length];
    if (D * G > similarities.length) similarities = new Float64Array(2 * D * G);
    // Keypoints of different categories cannot be compared: each category may have its own, or none.
    if (params.iouType === 'keypoints') {
      similarities.fill(0, 0, D * G);
      for (const [i, { detections, objects }] of list.entries()) {
        if (!detections.length || !objects.length) continue;
        const block = new Float64Array(detections.length * objects.length);
        similarity(detections, objects, block);
        for (let d = 0; d < detections.length; d++) {
          const row = block.subarray(d * objects.length, (d + 1) * objects.length);
          similarities.set(row, (allDetections.starts[i] + d) * G + allObjects.starts[i]);
        }
      }
    } else if (D && G) similarity(allDetections.rows, allObjects.rows, similarities);
    const parts = list.map(({ category }, i): Part => {
      const [detections, objects] = [allDetections, allObjects].map(
        ({ starts }) => [starts[i], starts[i + 1]] as const,
      );
      return { category, detections, objects };
    });
    yield { image, detections: allDetections.rows, objects: allObjects.rows, parts, similarities };
  }
}

function joined(lists: readonly Int32Array[]): { readonly rows: Int32Array; readonly starts: readonly number[] } {
  const starts = [0];
  for (const list of lists) starts.push(starts[starts.length - 1] + list.length);
  const rows = new Int32Array(starts[lists.length]);
  for (const [i, list] of lists.entries()) rows.set(list, starts[i]);
  return { rows, starts };
}
