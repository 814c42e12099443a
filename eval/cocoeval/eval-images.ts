// D detections and G objects of one image and category, T thresholds.
import type { ImageId } from '../../datasets/index.ts';
import { type AnnotationTable, idOf } from '../coco/annotation-table.ts';
import type { EvaluationRules, Group } from './evaluation.ts';
import { GroupBuffers } from './group-buffers.ts';
import { Matcher, orderObjects } from './matching.ts';
import type { Params } from './params.ts';

/** The outcome of one image and category in one area range, with pycocotools' names. */
export interface EvalImage {
  readonly image_id: ImageId;
  readonly category_id: number;
  readonly aRng: readonly [number, number];
  readonly maxDet: number;
  readonly dtIds: readonly number[];
  readonly gtIds: readonly number[];
  /** `[T][D]`: the id of each detection's object, or 0. */
  readonly dtMatches: readonly (readonly number[])[];
  /** `[T][G]`: the id of each object's last detection, or 0. */
  readonly gtMatches: readonly (readonly number[])[];
  readonly dtScores: readonly number[];
  readonly gtIgnore: readonly boolean[];
  /** `[T][D]`. */
  readonly dtIgnore: readonly (readonly boolean[])[];
}

/** The outcome of a group in each area range. */
export function evaluateGroup(
  { detections, objects }: Group,
  ids: { readonly image: ImageId; readonly category: number },
  tables: { readonly gt: AnnotationTable; readonly dt: AnnotationTable },
  params: Params,
  rules: EvaluationRules,
): EvalImage[] {
  const { gt, dt } = tables;
  const [D, G] = [detections.length, objects.length];
  const group = new GroupBuffers();
  group.fill(gt, objects, rules, D);
  if (D && G) rules.similarity(detections, objects, group.similarities);
  const matcher = new Matcher(params.iouThrs);
  return params.areaRng.map((aRng) => {
    orderObjects(group, aRng, G, group.inRange);
    matcher.match(D, G, group);
    const order = group.inRange.order.subarray(0, G);
    const isOut = Array.from(
      detections,
      (row) => dt.areas[row] < aRng[0] || dt.areas[row] > aRng[1] || rules.isDetectionIgnored(row),
    );
    const matchOf = (t: number, d: number) => matcher.detectionMatches[t * D + d] - 1;
    return {
      image_id: ids.image,
      category_id: ids.category,
      aRng,
      maxDet: Math.max(...params.maxDets),
      dtIds: Array.from(detections, (row) => idOf(dt, row)),
      gtIds: Array.from(order, (g) => idOf(gt, objects[g])),
      dtMatches: params.iouThrs.map((_, t) =>
        Array.from(detections, (_, d) => (matchOf(t, d) < 0 ? 0 : idOf(gt, objects[matchOf(t, d)]))),
      ),
      gtMatches: params.iouThrs.map((_, t) =>
        Array.from(order, (g) => {
          const match = matcher.objectMatches[t * G + g];
          return match ? idOf(dt, detections[match - 1]) : 0;
        }),
      ),
      dtScores: Array.from(detections, (row) => dt.scores[row]),
      gtIgnore: Array.from(order, (g) => group.inRange.ignored[g] === 1),
      dtIgnore: params.iouThrs.map((_, t) =>
        Array.from(detections, (_, d) => (matchOf(t, d) < 0 ? isOut[d] : group.inRange.ignored[matchOf(t, d)] === 1)),
      ),
    };
  });
}
