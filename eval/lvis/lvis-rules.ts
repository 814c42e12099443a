// An LVIS image is annotated for some categories only: those of its objects, and its negative ones.
import { ResnetCocoError } from '../../errors.ts';
import type { AnnotationTable } from '../coco/annotation-table.ts';
import type { COCO } from '../coco/coco.ts';
import type { EvaluationRules } from '../cocoeval/evaluation.ts';
import type { Params } from '../cocoeval/params.ts';
import { similarityOf } from '../cocoeval/similarity.ts';
import { sortByBucket, sortDescending } from '../cocoeval/stable-sort.ts';
import type { Frequency, LvisAnnotation, LvisImage } from './lvis-format.ts';

/** For each image, by index: some categories. */
type CategorySets = readonly (ReadonlySet<number> | undefined)[];

/**
 * LVIS' rules. Only an image's best detections over all categories count. Detections of categories that the image is
 * not annotated for are left out; unmatched detections do not count in categories that are not exhaustive. There are no
 * crowds. Objects and detections without an area are left out, as in lvis-api.
 *
 * @throws ResnetCocoError BAD_DATASET when a field is wrong; names the image and field
 */
export function lvisRules(gt: COCO, dt: COCO, params: Params): EvaluationRules {
  const [objects, detections] = [gt.table, dt.table];
  const annotations = gt.annotations as readonly LvisAnnotation[];
  const negative = categorySets(gt, params, 'neg_category_ids');
  const notExhaustive = categorySets(gt, params, 'not_exhaustive_category_ids');
  const hasArea = ({ areas }: AnnotationTable, row: number) => areas[row] > 0 && areas[row] < Number.POSITIVE_INFINITY;
  const positive: (Set<number> | undefined)[] = gt.images.map(() => undefined);
  for (let row = 0; row < objects.length; row++) {
    const image = objects.images[row];
    if (image < 0 || !hasArea(objects, row)) continue;
    positive[image] ??= new Set();
    positive[image].add(objects.categories[row]);
  }
  const isBeyond = beyondBest(detections, gt.images.length, Math.max(...params.maxDets));
  const isAmong = (sets: CategorySets, row: number) =>
    sets[detections.images[row]]?.has(detections.categories[row]) === true;
  const noCrowds = { ...objects, crowds: new Uint8Array(objects.length) };
  return {
    similarity: similarityOf(params.iouType, detections, noCrowds, gt.images, params.kptOksSigmas),
    isObjectLeftOut: (row) => !hasArea(objects, row),
    isDetectionLeftOut: (row) =>
      isBeyond[row] === 1 || !hasArea(detections, row) || !(isAmong(positive, row) || isAmong(negative, row)),
    isObjectIgnored: (row) => Boolean(annotations[row].ignore),
    isCrowd: () => false,
    isDetectionIgnored: (row) => isAmong(notExhaustive, row),
  };
}

function categorySets(gt: COCO, { imgIds }: Params, field: keyof LvisImage): CategorySets {
  const evaluated = new Set(imgIds);
  return (gt.images as readonly LvisImage[]).map((image) => {
    if (!evaluated.has(image.id)) return undefined;
    const ids: unknown = image[field];
    if (Array.isArray(ids) && ids.every((id) => typeof id === 'number')) return new Set<number>(ids);
    const problem = ids === undefined ? `has no ${field}` : `has the ${field} ${JSON.stringify(ids)}`;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `image ${JSON.stringify(image.id)} ${problem}; evaluation of LVIS wants a list of category ids`,
    );
  });
}

/** 1 for each detection outside its image's best ones; ties go to the earlier. */
function beyondBest(detections: AnnotationTable, images: number, most: number): Uint8Array {
  const beyond = new Uint8Array(detections.length);
  const counts = new Int32Array(images);
  for (let row = 0; row < detections.length; row++) counts[detections.images[row]]++;
  const rows = Int32Array.from({ length: detections.length }, (_, row) => row);
  const byImage = sortByBucket(rows, detections.images, images);
  for (let image = 0, start = 0; image < images; start += counts[image++]) {
    if (counts[image] <= most) continue;
    const here = byImage.subarray(start, start + counts[image]);
    sortDescending(here, detections.scores, rows);
    for (const row of here.subarray(most)) beyond[row] = 1;
  }
  return beyond;
}

/**
 * The categories of each frequency, by index among the evaluated ones.
 *
 * @throws ResnetCocoError BAD_DATASET when a frequency is wrong; names the category
 */
export function frequencyGroups(gt: COCO, { catIds }: Params): Readonly<Record<Frequency, readonly number[]>> {
  const groups: Record<Frequency, number[]> = { r: [], c: [], f: [] };
  catIds.forEach((id, k) => {
    const category = gt.cats.get(id);
    const frequency = (category as { readonly frequency?: unknown } | undefined)?.frequency;
    if (frequency !== 'r' && frequency !== 'c' && frequency !== 'f') {
      const got = frequency === undefined ? 'has no frequency' : `has the frequency ${JSON.stringify(frequency)}`;
      const problem = category ? got : 'is not in the data set';
      throw new ResnetCocoError(
        'BAD_DATASET',
        `category ${id} ${problem}; evaluation of LVIS wants 'r', 'c' or 'f' (rare, common, frequent)`,
      );
    }
    groups[frequency].push(k);
  });
  return groups;
}
