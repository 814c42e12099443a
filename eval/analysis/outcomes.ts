// K categories, N results, M annotations, P pairs.
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { cocoRules, type EvaluationRules } from '../cocoeval/evaluation.ts';
import { GroupBuffers } from '../cocoeval/group-buffers.ts';
import { Matcher, orderObjects } from '../cocoeval/matching.ts';
import { type EvaluatedImage, evaluatedImages } from './evaluated-images.ts';

/** From this IoU, a detection matches an object. */
export const FOREGROUND = 0.5;

/** Verdicts on a detection. */
export const NOT_EVALUATED = 0;
export const HIT = 1;
export const FALSE_ALARM = 2;
/** It matched an ignored object, or none and its own area is out of range. */
export const IGNORED = 3;

/** The object most similar to a detection: a row of the annotations or -1, and the similarity. Ties go to the first. */
export interface Nearest {
  readonly objects: Int32Array;
  readonly similarities: Float64Array;
}

/**
 * The outcome of each detection and object at IoU .5 by COCO's matching, over all areas, at the largest limit on
 * detections, and what each detection overlaps.
 */
export interface Outcomes {
  readonly categories: number;
  /** `[K]`: number of objects that count. */
  readonly positives: Float64Array;
  /** By row of the results, `[N]`. */
  readonly detections: {
    readonly verdicts: Uint8Array;
    /** Of hits: the similarity to the object. */
    readonly overlaps: Float64Array;
    /** Indices among the evaluated categories and images. */
    readonly categories: Int32Array;
    readonly images: Int32Array;
    /** The nearest object that counts, of its own category and of all others. */
    readonly nearest: Nearest;
    readonly nearestOther: Nearest;
    /** 1 if an ignored object of its category, such as a crowd, covers it. */
    readonly covered: Uint8Array;
  };
  /** By row of the annotations, `[M]`. */
  readonly objects: {
    /** -1 for objects that do not count. */
    readonly categories: Int32Array;
    readonly images: Int32Array;
    /** The object's detection: a row of the results, or -1. */
    readonly detections: Int32Array;
  };
  /** `[P]`: pairs of a detection and an object that count, of any categories, with IoU of FOREGROUND or more. */
  readonly pairs: {
    readonly detections: number[];
    readonly objects: number[];
    readonly similarities: number[];
  };
}

/** @throws Error when nothing was evaluated */
export function outcomesOf(e: COCOeval): Outcomes {
  const { categoryStarts, params } = e.evaluationDone;
  const [gt, dt] = [e.cocoGt.table, e.cocoDt.table];
  const K = categoryStarts.length - 1;
  const nearest = () => ({
    objects: new Int32Array(dt.length).fill(-1),
    similarities: new Float64Array(dt.length),
  });
  const outcomes: Outcomes = {
    categories: K,
    positives: new Float64Array(K),
    detections: {
      verdicts: new Uint8Array(dt.length),
      overlaps: new Float64Array(dt.length),
      categories: new Int32Array(dt.length).fill(-1),
      images: new Int32Array(dt.length).fill(-1),
      nearest: nearest(),
      nearestOther: nearest(),
      covered: new Uint8Array(dt.length),
    },
    objects: {
      categories: new Int32Array(gt.length).fill(-1),
      images: new Int32Array(gt.length).fill(-1),
      detections: new Int32Array(gt.length).fill(-1),
    },
    pairs: { detections: [], objects: [], similarities: [] },
  };
  const all = params.areaRng[params.areaRngLbl.indexOf('all')] ?? [0, 1e5 ** 2];
  const matching = new CategoryMatching(e, cocoRules(e.cocoGt, e.cocoDt, params), all);
  for (const image of evaluatedImages(e)) {
    matching.match(image, outcomes);
    overlap(image, outcomes);
  }
  return outcomes;
}

/** COCO's matching at one threshold and one area range. */
class CategoryMatching {
  readonly #e: COCOeval;
  readonly #rules: EvaluationRules;
  readonly #area: readonly [number, number];
  readonly #matcher = new Matcher([FOREGROUND]);
  readonly #group = new GroupBuffers();

  constructor(e: COCOeval, rules: EvaluationRules, area: readonly [number, number]) {
    this.#e = e;
    this.#rules = rules;
    this.#area = area;
  }

  match(image: EvaluatedImage, { detections, objects, positives }: Outcomes): void {
    const area = this.#area;
    const group = this.#group;
    const matcher = this.#matcher;
    const rules = this.#rules;
    const [gt, dt] = [this.#e.cocoGt.table, this.#e.cocoDt.table];
    for (const { category, detections: detectionRange, objects: objectRange } of image.parts) {
      const rows = image.objects.subarray(...objectRange);
      const [D, G] = [detectionRange[1] - detectionRange[0], rows.length];
      group.fill(gt, rows, rules, D);
      for (let d = 0; d < D; d++) {
        const start = (detectionRange[0] + d) * image.objects.length + objectRange[0];
        for (let g = 0; g < G; g++) group.similarities[d * G + g] = image.similarities[start + g];
      }
      positives[category] += orderObjects(group, area, G, group.inRange);
      matcher.match(D, G, group);
      for (let g = 0; g < G; g++) {
        objects.images[rows[g]] = image.image;
        if (!group.inRange.ignored[g]) objects.categories[rows[g]] = category;
      }
      for (let d = 0; d < D; d++) {
        const row = image.detections[detectionRange[0] + d];
        const object = matcher.detectionMatches[d] - 1;
        detections.categories[row] = category;
        detections.images[row] = image.image;
        if (object < 0) {
          const isOut = dt.areas[row] < area[0] || dt.areas[row] > area[1] || rules.isDetectionIgnored(row);
          detections.verdicts[row] = isOut ? IGNORED : FALSE_ALARM;
        } else if (group.inRange.ignored[object]) detections.verdicts[row] = IGNORED;
        else {
          detections.verdicts[row] = HIT;
          detections.overlaps[row] = group.similarities[d * G + object];
          objects.detections[rows[object]] = row;
        }
      }
    }
  }
}

/** Finds what the detections of an image overlap, matched or not. */
function overlap(
  { objects: objectRows, parts, ...image }: EvaluatedImage,
  { detections, objects, pairs }: Outcomes,
): void {
  const G = objectRows.length;
  for (const { detections: detectionRange, objects: objectRange } of parts) {
    for (let d = detectionRange[0]; d < detectionRange[1]; d++) {
      const row = image.detections[d];
      for (let g = 0; g < G; g++) {
        const similarity = image.similarities[d * G + g];
        if (!(similarity > 0)) continue;
        const object = objectRows[g];
        const isOwn = g >= objectRange[0] && g < objectRange[1];
        if (objects.categories[object] < 0) {
          if (isOwn && similarity >= FOREGROUND) detections.covered[row] = 1;
          continue;
        }
        const nearest = isOwn ? detections.nearest : detections.nearestOther;
        if (similarity > nearest.similarities[row]) {
          nearest.similarities[row] = similarity;
          nearest.objects[row] = object;
        }
        if (similarity < FOREGROUND) continue;
        pairs.detections.push(row);
        pairs.objects.push(object);
        pairs.similarities.push(similarity);
      }
    }
  }
}
