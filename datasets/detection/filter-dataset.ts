import { ResnetCocoError } from '../../errors.ts';
import type { OptionKinds } from '../../io/options.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { portablePath } from './file-finder.ts';
import { namePattern } from './name-pattern.ts';
import { namedCategories } from './named-categories.ts';

/** What is kept of a data set. Without a rule everything is. */
export interface FilterRules {
  /** Names of the categories to keep, or to leave out. */
  readonly categories?: readonly string[] | undefined;
  readonly without?: readonly string[] | undefined;
  /** The least and the greatest `area` of an object, in square pixels. */
  readonly minArea?: number | undefined;
  readonly maxArea?: number | undefined;
  /** A regular expression for the names of images. */
  readonly match?: string | RegExp | undefined;
  /** `false` leaves out crowds. */
  readonly crowds?: boolean | undefined;
  /** `false` leaves out images in which no object is left. */
  readonly empty?: boolean | undefined;
}

export const filterKinds: OptionKinds<FilterRules> = {
  categories: 'list',
  without: 'list',
  minArea: 'number',
  maxArea: 'number',
  match: 'checked',
  crowds: 'boolean',
  empty: 'boolean',
};

/** How much was left out. */
export interface FilteredOut {
  readonly images: number;
  readonly annotations: number;
  readonly categories: number;
}

/**
 * The part of a data set that fits all rules. Categories keep their ids.
 *
 * @throws ResnetCocoError USAGE when there is no category of a name, or the pattern is no regular expression
 */
export function filtered(
  dataset: CocoDataset,
  {
    categories,
    without,
    minArea = 0,
    maxArea = Number.POSITIVE_INFINITY,
    match,
    crowds = true,
    empty = true,
  }: FilterRules,
): { readonly dataset: CocoDataset; readonly leftOut: FilteredOut } {
  if (minArea > maxArea) {
    throw new ResnetCocoError('USAGE', `\`minArea\` ${minArea} is above \`maxArea\` ${maxArea}: nothing would be left`);
  }
  const named = categories ? namedCategories(dataset.categories, categories, 'categories') : dataset.categories;
  const excluded = new Set(without ? namedCategories(dataset.categories, without, 'without') : []);
  const wanted = new Set(named.filter((category) => !excluded.has(category)).map(({ id }) => id));
  const pattern = match === undefined ? undefined : namePattern(match, 'match');
  const matching = pattern
    ? dataset.images.filter(({ file_name }) => pattern.test(portablePath(file_name)))
    : dataset.images;
  const ids = new Set(matching.map(({ id }) => id));
  const annotations = dataset.annotations.filter(
    ({ area, category_id, image_id, iscrowd }) =>
      ids.has(image_id) && wanted.has(category_id) && area >= minArea && area <= maxArea && (crowds || !iscrowd),
  );
  const shown = new Set(annotations.map(({ image_id }) => image_id));
  const images = empty ? matching : matching.filter(({ id }) => shown.has(id));
  const kept = dataset.categories.filter(({ id }) => wanted.has(id));
  return {
    dataset: { ...dataset, images, annotations, categories: kept },
    leftOut: {
      images: dataset.images.length - images.length,
      annotations: dataset.annotations.length - annotations.length,
      categories: dataset.categories.length - kept.length,
    },
  };
}
