// D detections, G objects of an image.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { cocoRules, type Group, groupsOf, selectionOf } from '../cocoeval/evaluation.ts';

/** All of an image that is evaluated, category by category. */
export interface EvaluatedImage {
  /** Its place among the images evaluated. */
  readonly image: number;
  /** Rows of the results: categories in order, in each the best first. */
  readonly detections: Int32Array;
  /** Rows of the annotations: categories in order, in each as in the file. */
  readonly objects: Int32Array;
  /** Where each category's detections and objects lie in these lists. */
  readonly parts: readonly Part[];
  /** `[D, G]`, whatever the categories; of keypoints 0 between categories. The next image overwrites it. */
  readonly similarities: Float64Array;
}

interface Part {
  /** Place among the categories evaluated. */
  readonly category: number;
  readonly detections: readonly [start: number, end: number];
  readonly objects: readonly [start: number, end: number];
}

/** Walks over the images that have detections or objects, as they were evaluated. */
export function* evaluatedImages(e: COCOeval): Generator<EvaluatedImage> {
  const { params } = e.evaluationDone;
  const [gt, dt] = [e.cocoGt.table, e.cocoDt.table];
  const { similarity } = cocoRules(e.cocoGt, e.cocoDt, params);
  const byImage: Group[][] = params.imgIds.map(() => []);
  const groups = groupsOf(gt, dt, selectionOf(e.cocoGt, params), Math.max(...params.maxDets));
  for (const group of groups) byImage[group.image].push(group);
  let similarities = new Float64Array(1024);
  for (const [image, list] of byImage.entries()) {
    if (!list.length) continue;
    const found = joined(list.map(({ detections }) => detections));
    const known = joined(list.map(({ objects }) => objects));
    const [D, G] = [found.rows.length, known.rows.length];
    if (D * G > similarities.length) similarities = new Float64Array(2 * D * G);
    // Keypoints of one category say nothing of another's, which may have other ones or none.
    if (params.iouType === 'keypoints') {
      similarities.fill(0, 0, D * G);
      for (const [i, { detections, objects }] of list.entries()) {
        if (!detections.length || !objects.length) continue;
        const block = new Float64Array(detections.length * objects.length);
        similarity(detections, objects, block);
        for (let d = 0; d < detections.length; d++) {
          const row = block.subarray(d * objects.length, (d + 1) * objects.length);
          similarities.set(row, (found.starts[i] + d) * G + known.starts[i]);
        }
      }
    } else if (D && G) similarity(found.rows, known.rows, similarities);
    const parts = list.map(({ category }, i): Part => {
      const [detections, objects] = [found, known].map(({ starts }) => [starts[i], starts[i + 1]] as const);
      return { category, detections, objects };
    });
    yield { image, detections: found.rows, objects: known.rows, parts, similarities };
  }
}

function joined(lists: readonly Int32Array[]): { readonly rows: Int32Array; readonly starts: readonly number[] } {
  const starts = [0];
  for (const list of lists) starts.push(starts[starts.length - 1] + list.length);
  const rows = new Int32Array(starts[lists.length]);
  for (const [i, list] of lists.entries()) rows.set(list, starts[i]);
  return { rows, starts };
}
