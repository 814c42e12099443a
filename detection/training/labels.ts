import type { CocoCategory, KeypointLayout } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type DetectorCategory, labelOf } from '../model/detector-category.ts';
import { partnersByName } from '../results/match-categories.ts';

/** How a detector calls the categories of a data set: each keeps its id, and has a label from 1 on; 0 is the background. */
export interface Labels {
  readonly categories: readonly DetectorCategory[];
  /** Labels and background. */
  readonly num_classes: number;
}

/** Ids may be so many times as high as there are categories before labels are others; COCO's 80 go up to 90. */
const MOST_GAPS = 2;

/**
 * Ids of categories are labels as they are, unless they begin below 1 or leave most labels unused: then labels are
 * 1, 2, 3 ….
 *
 * @param keypoints those that are learned, if any: categories that have them, or all where none says so, keep their names
 */
export function labelsOf(categories: readonly CocoCategory[], keypoints?: KeypointLayout): Labels {
  const sorted = [...categories].sort((a, b) => a.id - b.id);
  const isFit = sorted.every(({ id }) => id >= 1 && id <= MOST_GAPS * sorted.length);
  const isNamed = sorted.some((category) => category.keypoints?.length);
  const labeled = sorted.map(({ id, keypoints: own, name }, i) => ({
    ...(isFit || id === i + 1 ? { id, name } : { id, name, label: i + 1 }),
    ...(keypoints && (own?.length || !isNamed) && { keypoints: keypoints.names, skeleton: keypoints.skeleton }),
  }));
  return { categories: labeled, num_classes: 1 + Math.max(0, ...labeled.map(labelOf)) };
}

/**
 * The label of each category of a data set, by its name.
 *
 * @param what the data set, for errors
 * @throws ResnetCocoError BAD_DATASET for a category that the detector does not have
 */
export function labelByCategory(
  categories: readonly CocoCategory[],
  labels: Labels['categories'],
  what: string,
): Map<number, number> {
  const partners = partnersByName(categories, labels);
  const byId = new Map(labels.map((category) => [category.id, labelOf(category)]));
  return new Map(
    categories.map(({ id, name }) => {
      const partner = partners.get(id);
      if (partner !== undefined) return [id, byId.get(partner)!];
      const known = labels.slice(0, 10).map((one) => one.name);
      const more = labels.length > known.length ? ` and ${labels.length - known.length} more` : '';
      throw new ResnetCocoError(
        'BAD_DATASET',
        `${what} has the category '${name}', which is none of those trained (${known.join(', ')}${more})`,
      );
    }),
  );
}
