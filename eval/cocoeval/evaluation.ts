// K categories, A ranges of area, T thresholds, N detections evaluated, W words of 32 thresholds each.

import type { AnnotationTable, Similarity } from '../coco/annotation-table.ts';
import type { COCO } from '../coco/coco.ts';
import { type Groups, groupRows, type RowsLeftOut, type Selection } from './groups.ts';
import type { Params } from './params.ts';
import { NONE_LEFT_OUT, standardRules } from './rules.ts';
import { similarityOf } from './similarity.ts';
import { sortDescending } from './stable-sort.ts';

/** The outcome of each detection, one bit per threshold. */
export interface Evaluation {
  readonly params: Params;
  /** Row numbers of the detections of each category, best first; category k begins at `categoryStarts[k]`. */
  readonly rows: Int32Array;
  readonly categoryStarts: Int32Array;
  /** For each entry of `rows`: its rank among the detections of its image and category, from 0. */
  readonly ranks: Int32Array;
  readonly scores: Float64Array;
  readonly words: number;
  /** Entries from one area range or word to the next in what follows; at least N. */
  readonly stride: number;
  /** `[A, W, N]`: the detection matched an object that counts. */
  readonly truePositives: Uint32Array;
  /**
   * `[A, W, N]`: the detection does not count: it matched an ignored object, or none and its own area is out of range.
   */
  readonly ignored: Uint32Array;
  /** `[K, A]`: number of objects that count. */
  readonly positives: Float64Array;
}

/** One image and category: detections best first, objects as in the file. */
export interface Group {
  readonly category: number;
  readonly image: number;
  readonly detections: Int32Array;
  readonly objects: Int32Array;
}

/** Where the evaluations of COCO and LVIS differ. */
export interface EvaluationRules extends RowsLeftOut {
  readonly similarity: Similarity;
  /** Whether an object is ignored at any area. */
  readonly isObjectIgnored: (row: number) => boolean;
  readonly isCrowd: (row: number) => boolean;
  /** Whether an unmatched detection is ignored at any area. */
  readonly isDetectionIgnored: (row: number) => boolean;
}

const NO_ROWS = new Int32Array(0);

/** COCO's own rules. */
export const cocoRules = (gt: COCO, dt: COCO, params: Params): EvaluationRules =>
  standardRules(
    gt.table,
    similarityOf(params.iouType, dt.table, gt.table, gt.images, params.kptOksSigmas),
    params.iouType === 'keypoints',
  );

/** Iterates over the images and categories with detections or objects, each with at most `maxDet` detections. */
export function* groupsOf(
  gt: AnnotationTable,
  dt: AnnotationTable,
  selection: Selection,
  maxDet: number,
): Generator<Group> {
  const objects = groupRows(gt, selection, NONE_LEFT_OUT.isObjectLeftOut);
  const detections = groupRows(dt, selection, NONE_LEFT_OUT.isDetectionLeftOut);
  const scratch = new Int32Array(largest(detections));
  const rowsOf = ({ rows, starts }: Groups, g: number) => rows.subarray(starts[g], starts[g + 1]);
  const keyOf = ({ categories, count, images }: Groups, g: number) =>
    g < count ? categories[g] * selection.images + images[g] : Number.POSITIVE_INFINITY;
  for (let o = 0, d = 0; o < objects.count || d < detections.count; ) {
    const [objectKey, detectionKey] = [keyOf(objects, o), keyOf(detections, d)];
    const key = Math.min(objectKey, detectionKey);
    let detectionRows: Int32Array = NO_ROWS;
    if (detectionKey === key) {
      detectionRows = rowsOf(detections, d++);
      sortDescending(detectionRows, dt.scores, scratch);
      if (detectionRows.length > maxDet) detectionRows = detectionRows.subarray(0, maxDet);
    }
    const objectRows = objectKey === key ? rowsOf(objects, o++) : NO_ROWS;
    yield {
      category: Math.floor(key / selection.images),
      image: key % selection.images,
      detections: detectionRows,
      objects: objectRows,
    };
  }
}

function largest({ count, starts }: Groups): number {
  let most = 0;
  for (let g = 0; g < count; g++) most = Math.max(most, starts[g + 1] - starts[g]);
  return most;
}
