// K categories, A ranges of area, T thresholds, N detections evaluated, W words of 32 thresholds each.

import type { AnnotationTable, Similarity } from '../coco/annotation-table.ts';
import type { COCO } from '../coco/coco.ts';
import { type Groups, groupRows, type LeftOut, type Selection } from './groups.ts';
import { Matcher, orderObjects } from './matching.ts';
import type { Params } from './params.ts';
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
export interface EvaluationRules extends LeftOut {
  readonly similarity: Similarity;
  /** Whether an object is ignored at any area. */
  readonly isObjectIgnored: (row: number) => boolean;
  readonly isCrowd: (row: number) => boolean;
  /** Whether an unmatched detection is ignored at any area. */
  readonly isDetectionIgnored: (row: number) => boolean;
}

/** The bits of a word in which there is a threshold. */
export const bitsOf = (thresholds: number, word: number): number =>
  thresholds - 32 * word >= 32 ? 0xffffffff : 2 ** (thresholds - 32 * word) - 1;

const NO_ROWS = new Int32Array(0);

const NONE_LEFT_OUT: LeftOut = { isObjectLeftOut: () => false, isDetectionLeftOut: () => false };

export function selectionOf(
  gt: COCO,
  { catIds, imgIds, useCats }: Params,
  { isDetectionLeftOut, isObjectLeftOut }: LeftOut = NONE_LEFT_OUT,
): Selection {
  const ranks = new Map(imgIds.map((id, rank) => [id, rank]));
  return {
    imageRanks: Int32Array.from(gt.images, ({ id }) => ranks.get(id) ?? -1),
    images: imgIds.length,
    categoryRanks: new Map(catIds.map((id, rank) => [id, rank])),
    categories: catIds.length,
    useCategories: Boolean(useCats),
    isObjectLeftOut,
    isDetectionLeftOut,
  };
}

/** COCO's own rules. */
export function cocoRules(gt: COCO, dt: COCO, params: Params): EvaluationRules {
  const { crowds, keypointless } = gt.table;
  const isKeypoints = params.iouType === 'keypoints';
  return {
    similarity: similarityOf(params.iouType, dt.table, gt.table, gt.images, params.kptOksSigmas),
    ...NONE_LEFT_OUT,
    isObjectIgnored: (row) => crowds[row] === 1 || (isKeypoints && keypointless[row] === 1),
    isCrowd: (row) => crowds[row] === 1,
    isDetectionIgnored: () => false,
  };
}

/** Iterates over the images and categories with detections or objects, each with at most `maxDet` detections. */
export function* groupsOf(
  gt: AnnotationTable,
  dt: AnnotationTable,
  selection: Selection,
  maxDet: number,
): Generator<Group> {
  const objects = groupRows(gt, selection, selection.isObjectLeftOut);
  const detections = groupRows(dt, selection, selection.isDetectionLeftOut);
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

/** Matches every detection at every threshold and area range (pycocotools' `evaluate`). */
export function evaluateAll(gt: COCO, dt: COCO, params: Params, rules: EvaluationRules): Evaluation {
  const [objects, detections] = [gt.table, dt.table];
  const selection = selectionOf(gt, params, rules);
  const [areas, thresholds] = [params.areaRng.length, params.iouThrs.length];
  const [categories, words] = [selection.useCategories ? selection.categories : 1, Math.ceil(thresholds / 32)];
  const most = detections.length;
  const rows = new Int32Array(most);
  const ranks = new Int32Array(most);
  const categoryStarts = new Int32Array(categories + 1);
  const truePositives = new Uint32Array(areas * words * most);
  const ignored = new Uint32Array(areas * words * most);
  const positives = new Float64Array(categories * areas);
  const everyThreshold = Uint32Array.from({ length: words }, (_, w) => bitsOf(thresholds, w));
  const matcher = new Matcher(params.iouThrs);
  const group = new GroupBuffers();

  let count = 0;
  for (const { category, detections: detectionRows, objects: objectRows } of groupsOf(
    objects,
    detections,
    selection,
    Math.max(...params.maxDets),
  )) {
    const [D, G] = [detectionRows.length, objectRows.length];
    group.fill(objects, objectRows, rules, D);
    if (D && G) rules.similarity(detectionRows, objectRows, group.similarities);
    // Where all objects of a group are ignored, the same ones match as where none is.
    let isUniform = false;
    for (let a = 0; a < areas; a++) {
      const [smallest, largest] = params.areaRng[a];
      const counted = orderObjects(group, params.areaRng[a], G, group.inRange);
      positives[category * areas + a] += counted;
      const isMixed = counted > 0 && counted < G;
      if (D && G && (isMixed || !isUniform)) {
        matcher.match(D, G, group);
        isUniform = !isMixed;
      }
      for (let d = 0; d < D; d++) {
        const area = detections.areas[detectionRows[d]];
        const isOut = area < smallest || area > largest || rules.isDetectionIgnored(detectionRows[d]);
        const isMatched = G > 0 && matcher.isMatched[d] === 1;
        // The arrays start as zeros, and untouched memory costs nothing.
        if (!isMatched && !isOut) continue;
        for (let w = 0; w < words; w++) {
          const at = (a * words + w) * most + count + d;
          if (isOut) ignored[at] = everyThreshold[w];
          const end = isMatched ? Math.min(thresholds, 32 * (w + 1)) : 0;
          for (let t = 32 * w; t < end; t++) {
            const match = matcher.detectionMatches[t * D + d];
            if (!match) continue;
            const bit = 1 << (t & 31);
            if (group.inRange.ignored[match - 1]) ignored[at] |= bit;
            else {
              truePositives[at] |= bit;
              ignored[at] &= ~bit;
            }
          }
        }
      }
    }
    rows.set(detectionRows, count);
    for (let d = 0; d < D; d++) ranks[count + d] = d;
    count += D;
    categoryStarts[category + 1] = count;
  }
  for (let k = 1; k <= categories; k++) categoryStarts[k] = Math.max(categoryStarts[k], categoryStarts[k - 1]);
  return sortCategories(
    { params, rows, categoryStarts, ranks, scores: detections.scores, words, truePositives, ignored, positives },
    count,
  );
}

/** Sorts each category's detections by score; ties keep the order of images. */
function sortCategories(evaluation: Evaluation, count: number): Evaluation {
  const { categoryStarts, ignored, params, ranks, rows, scores, truePositives, words } = evaluation;
  const rankedScores = new Float64Array(count);
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    rankedScores[i] = scores[rows[i]];
    order[i] = i;
  }
  const scratch = new Int32Array(count);
  for (let k = 0; k + 1 < categoryStarts.length; k++) {
    sortDescending(order.subarray(categoryStarts[k], categoryStarts[k + 1]), rankedScores, scratch);
  }
  const most = rows.length;
  const planes = params.areaRng.length * words;
  const states = (bits: Uint32Array) => {
    const sorted = new Uint32Array(planes * count);
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0; i < count; i++) sorted[plane * count + i] = bits[plane * most + order[i]];
    }
    return sorted;
  };
  const gathered = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
    for (let i = 0; i < count; i++) to[i] = from[order[i]];
    return to;
  };
  return {
    ...evaluation,
    rows: gathered(rows, new Int32Array(count)),
    ranks: gathered(ranks, new Int32Array(count)),
    scores: gathered(rankedScores, new Float64Array(count)),
    truePositives: states(truePositives),
    ignored: states(ignored),
  };
}

/** A group's objects, in arrays that are reused for the next group. */
export class GroupBuffers {
  areas = new Float64Array(64);
  ignored = new Uint8Array(64);
  crowds = new Uint8Array(64);
  inRange = { order: new Int32Array(64), ignored: new Uint8Array(64) };
  similarities = new Float64Array(1024);

  fill(table: AnnotationTable, rows: Int32Array, rules: EvaluationRules, detections: number): void {
    const count = rows.length;
    if (count > this.areas.length) {
      this.areas = new Float64Array(2 * count);
      this.ignored = new Uint8Array(2 * count);
      this.crowds = new Uint8Array(2 * count);
      this.inRange = { order: new Int32Array(2 * count), ignored: new Uint8Array(2 * count) };
    }
    if (count * detections > this.similarities.length) this.similarities = new Float64Array(2 * count * detections);
    for (let g = 0; g < count; g++) {
      const row = rows[g];
      this.areas[g] = table.areas[row];
      this.ignored[g] = rules.isObjectIgnored(row) ? 1 : 0;
      this.crowds[g] = rules.isCrowd(row) ? 1 : 0;
    }
  }
}
