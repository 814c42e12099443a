// A ranges of area, T thresholds, W words of 32 thresholds each, D detections and G objects of one image.
import type { AnnotationTable } from '../coco/annotation-table.ts';
import type { Evaluation, EvaluationRules } from './evaluation.ts';
import { GroupBuffers } from './group-buffers.ts';
import { type CategoryRows, type Groups, groupRows, rowsByCategory, type Selection } from './groups.ts';
import { Matcher, orderObjects } from './matching.ts';
import type { Params } from './params.ts';
import { BestFirstSorter } from './stable-sort.ts';
import { bitsOf } from './threshold-bits.ts';

/** What an evaluation compares. */
export interface Compared {
  readonly gt: AnnotationTable;
  readonly dt: AnnotationTable;
  readonly selection: Selection;
  readonly rules: EvaluationRules;
  readonly params: Params;
}

/** The rows of both tables by category. */
export interface ComparedRows {
  readonly objects: Groups;
  readonly detections: CategoryRows;
}

const comparedRows = ({ dt, gt, rules, selection }: Omit<Compared, 'params'>): ComparedRows => ({
  objects: groupRows(gt, selection, rules.isObjectLeftOut),
  detections: rowsByCategory(dt, selection, rules.isDetectionLeftOut),
});

/**
 * Matches the detections of one category after another with its objects, at every threshold and area range
 * (pycocotools' `evaluate`). Detections are sorted once, over all images; in each image they are then in order too. The
 * arrays hold one category and are reused for the next.
 */
export class CategoryEvaluator {
  readonly #compared: Compared;
  readonly #objects: Groups;
  readonly #detections: CategoryRows;
  readonly #maxDet: number;
  readonly #everyThreshold: Uint32Array;
  readonly #matcher: Matcher;
  readonly #group = new GroupBuffers();
  /** `[A]`: objects of the category that count. */
  readonly #positives: Float64Array;
  /** By image: number of detections seen so far. */
  readonly #seen: Int32Array;
  /** By image: 1 + its group of objects of the category, or 0. */
  readonly #groups: Int32Array;
  #nextGroup = 0;

  readonly #capacity: number;
  readonly #sorter: BestFirstSorter;
  readonly #keys: Float64Array;
  readonly #ties: Float64Array;
  /** The detections of an image, as a chain from its first to its last: by group of objects, and by detection. */
  #firsts = new Int32Array(64);
  readonly #followers: Int32Array;
  /** The detections of the image that is matched: rows, and places in the category. */
  #imageRows = new Int32Array(128);
  #imagePlaces = new Int32Array(128);
  readonly #rows: Int32Array;
  readonly #ranks: Int32Array;
  readonly #scores: Float64Array;
  readonly #truePositives: Uint32Array;
  readonly #ignored: Uint32Array;

  constructor(compared: Compared, { detections, objects } = comparedRows(compared)) {
    const { params, selection } = compared;
    this.#compared = compared;
    this.#objects = objects;
    this.#detections = detections;
    this.#maxDet = Math.max(...params.maxDets);
    const thresholds = params.iouThrs.length;
    const words = Math.ceil(thresholds / 32);
    this.#everyThreshold = Uint32Array.from({ length: words }, (_, w) => bitsOf(thresholds, w));
    this.#matcher = new Matcher(params.iouThrs);
    this.#positives = new Float64Array(params.areaRng.length);
    this.#seen = new Int32Array(selection.images);
    this.#groups = new Int32Array(selection.images);
    const { starts } = this.#detections;
    let most = 0;
    for (let k = 0; k + 1 < starts.length; k++) most = Math.max(most, starts[k + 1] - starts[k]);
    this.#capacity = most;
    this.#sorter = new BestFirstSorter(most);
    this.#keys = new Float64Array(most);
    this.#ties = new Float64Array(most);
    this.#followers = new Int32Array(most);
    this.#rows = new Int32Array(most);
    this.#ranks = new Int32Array(most);
    this.#scores = new Float64Array(most);
    this.#truePositives = new Uint32Array(params.areaRng.length * words * most);
    this.#ignored = new Uint32Array(params.areaRng.length * words * most);
  }

  /** Number of detections of all categories, before limits. */
  get detections(): number {
    return this.#detections.rows.length;
  }

  /** Evaluates category k, counted from 0; those before it were evaluated or are skipped. The next call overwrites the result. */
  evaluate(k: number): Evaluation {
    const { params } = this.#compared;
    const count = this.#rank(k);
    const planes = params.areaRng.length * this.#everyThreshold.length;
    for (let plane = 0; plane < planes; plane++) {
      this.#truePositives.fill(0, plane * this.#capacity, plane * this.#capacity + count);
    }
    this.#ignoreByArea(count);
    this.#matchImages(k, count);
    return {
      params,
      rows: this.#rows.subarray(0, count),
      categoryStarts: Int32Array.of(0, count),
      ranks: this.#ranks,
      scores: this.#scores,
      words: this.#everyThreshold.length,
      stride: this.#capacity,
      truePositives: this.#truePositives,
      ignored: this.#ignored,
      positives: this.#positives,
    };
  }

  /** Sorts the category's detections, and leaves out those beyond an image's limit. @returns their number */
  #rank(k: number): number {
    const { dt, selection } = this.#compared;
    const { imageRanks } = selection;
    const { rows: all, starts } = this.#detections;
    const begin = starts[k];
    const length = starts[k + 1] - begin;
    const keys = this.#keys;
    const ties = this.#ties;
    for (let i = 0; i < length; i++) {
      const row = all[begin + i];
      keys[i] = dt.scores[row];
      ties[i] = imageRanks[dt.images[row]];
    }
    // Ties keep the order of images, and within an image that of the file, or of categories if these count as one.
    const order = this.#sorter.sort(keys, ties, length);
    const seen = this.#seen;
    const maxDet = this.#maxDet;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const entry = order[i];
      const rank = seen[ties[entry]]++;
      if (rank >= maxDet) continue;
      this.#rows[count] = all[begin + entry];
      this.#scores[count] = keys[entry];
      this.#ranks[count++] = rank;
    }
    for (let i = 0; i < length; i++) seen[ties[i]] = 0;
    return count;
  }

  /** Marks the detections that do not count unless they match. */
  #ignoreByArea(count: number): void {
    const { dt, params, rules } = this.#compared;
    const words = this.#everyThreshold.length;
    for (const [a, [smallest, largest]] of params.areaRng.entries()) {
      for (let w = 0; w < words; w++) {
        const every = this.#everyThreshold[w];
        const plane = (a * words + w) * this.#capacity;
        for (let i = 0; i < count; i++) {
          const row = this.#rows[i];
          const area = dt.areas[row];
          const isOut = area < smallest || area > largest || rules.isDetectionIgnored(row);
          this.#ignored[plane + i] = isOut ? every : 0;
        }
      }
    }
  }

  #matchImages(k: number, count: number): void {
    const { dt, selection } = this.#compared;
    const { categories, count: groups, images, starts, rows } = this.#objects;
    const firstGroup = this.#groupFrom(k);
    let end = firstGroup;
    for (; end < groups && categories[end] === k; end++) this.#groups[images[end]] = end - firstGroup + 1;
    this.#nextGroup = end;
    this.#positives.fill(0);
    if (end - firstGroup > this.#firsts.length) this.#firsts = new Int32Array(2 * (end - firstGroup));
    this.#firsts.fill(-1, 0, end - firstGroup);
    for (let i = count - 1; i >= 0; i--) {
      const group = this.#groups[selection.imageRanks[dt.images[this.#rows[i]]]] - 1;
      if (group < 0) continue;
      this.#followers[i] = this.#firsts[group];
      this.#firsts[group] = i;
    }
    for (let g = firstGroup; g < end; g++) {
      this.#groups[images[g]] = 0;
      this.#matchImage(rows.subarray(starts[g], starts[g + 1]), this.#firsts[g - firstGroup]);
    }
  }

  /** The first group of objects of category k, or where it would be. */
  #groupFrom(k: number): number {
    const { categories, count } = this.#objects;
    let group = this.#nextGroup;
    if (group > 0 && categories[group - 1] >= k) group = 0;
    while (group < count && categories[group] < k) group++;
    return group;
  }

  /** Matches the objects of an image with its detections, a chain that begins with `first`, or -1 if there are none. */
  #matchImage(objects: Int32Array, first: number): void {
    const { gt, params, rules } = this.#compared;
    const group = this.#group;
    let D = 0;
    for (let i = first; i >= 0; i = this.#followers[i]) {
      if (D === this.#imageRows.length) this.#growImage();
      this.#imagePlaces[D] = i;
      this.#imageRows[D++] = this.#rows[i];
    }
    const G = objects.length;
    group.fill(gt, objects, rules, D);
    if (D) rules.similarity(this.#imageRows.subarray(0, D), objects, group.similarities);
    // Where all objects of an image are ignored, the same ones match as where none is.
    let isUniform = false;
    for (let a = 0; a < params.areaRng.length; a++) {
      const counted = orderObjects(group, params.areaRng[a], G, group.inRange);
      this.#positives[a] += counted;
      if (!D) continue;
      const isMixed = counted > 0 && counted < G;
      if (isMixed || !isUniform) {
        this.#matcher.match(D, G, group);
        isUniform = !isMixed;
      }
      this.#mark(a, D);
    }
  }

  /** Stores which detections of an image matched in an area range. */
  #mark(a: number, D: number): void {
    const { detectionMatches, isMatched } = this.#matcher;
    const { ignored } = this.#group.inRange;
    const thresholds = this.#compared.params.iouThrs.length;
    const words = this.#everyThreshold.length;
    for (let d = 0; d < D; d++) {
      if (!isMatched[d]) continue;
      for (let t = 0; t < thresholds; t++) {
        const match = detectionMatches[t * D + d];
        if (!match) continue;
        const at = (a * words + (t >> 5)) * this.#capacity + this.#imagePlaces[d];
        const bit = 1 << (t & 31);
        if (ignored[match - 1]) this.#ignored[at] |= bit;
        else {
          this.#truePositives[at] |= bit;
          this.#ignored[at] &= ~bit;
        }
      }
    }
  }

  #growImage(): void {
    const [rows, places] = [this.#imageRows, this.#imagePlaces];
    this.#imageRows = new Int32Array(2 * rows.length);
    this.#imagePlaces = new Int32Array(2 * rows.length);
    this.#imageRows.set(rows);
    this.#imagePlaces.set(places);
  }
}
