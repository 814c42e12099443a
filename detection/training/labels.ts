import type { CocoCategory } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/** How a detector calls the categories of a data set. */
export interface Labels {
  /** The labels and their names, from 1 on: 0 is the background. */
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  /** Labels and background. */
  readonly num_classes: number;
}

/** Ids may be so many times as high as there are categories before they are numbered anew; COCO's 80 go up to 90. */
const MOST_GAPS = 2;

/** Ids of categories are labels as they are, unless they begin below 1 or leave most labels unused: then 1, 2, 3 …. */
export function labelsOf(categories: readonly CocoCategory[]): Labels {
  const sorted = [...categories].sort((a, b) => a.id - b.id);
  const isFit = sorted.every(({ id }) => id >= 1 && id <= MOST_GAPS * sorted.length);
  const labels = sorted.map(({ id, name }, i) => ({ id: isFit ? id : i + 1, name }));
  return { categories: labels, num_classes: 1 + Math.max(0, ...labels.map(({ id }) => id)) };
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
  const byName = new Map(labels.map(({ id, name }) => [name, id]));
  return new Map(
    categories.map(({ id, name }) => {
      const label = byName.get(name);
      if (label !== undefined) return [id, label];
      const known = labels.slice(0, 10).map((one) => one.name);
      const more = labels.length > known.length ? ` and ${labels.length - known.length} more` : '';
      throw new ResnetCocoError(
        'BAD_DATASET',
        `${what} has the category '${name}', which is none of those trained (${known.join(', ')}${more})`,
      );
    }),
  );
}
