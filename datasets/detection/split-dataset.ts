import { ResnetCocoError } from '../../errors.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import { seeded } from '../loaders/seeded.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { checkPartName, type DatasetPart, type WrittenFolder, writeDatasetFolder } from './dataset-folder.ts';
import { groupImages, unitsOf } from './image-groups.ts';
import type { DatasetProblems } from './problems.ts';
import { type ReadOptions, readOptionKinds, readSource, withPaths } from './read-detection-dataset.ts';
import { stratify } from './stratify.ts';

/** How images are drawn into parts. */
export interface DivisionOptions {
  /** The share of the images of each part, such as `{ train: 0.8, val: 0.2 }`; the shares sum to 1. */
  readonly fractions: Readonly<Record<string, number>>;
  /** The same seed gives the same parts on every machine; 0 by default. */
  readonly seed?: number;
  /** A regular expression for the images' names. Images with the same first group stay in one part. */
  readonly groupBy?: string | RegExp;
}

/** Settings of `splitDataset`. */
export interface SplitDatasetOptions extends ReadOptions, DivisionOptions {
  /** A new or empty folder. */
  readonly out: string | URL;
  /** Copy the images instead of linking them. */
  readonly copyImages?: boolean;
}

const kinds: OptionKinds<SplitDatasetOptions> = {
  ...readOptionKinds,
  out: 'path',
  fractions: 'object',
  seed: 'checked',
  groupBy: 'checked',
  copyImages: 'boolean',
};

/** What a part has. */
export interface PartSummary {
  readonly name: string;
  readonly fraction: number;
  readonly images: number;
  readonly annotations: number;
}

/** How many images of a category each part has, in the order of the parts. */
export interface CategoryDivision {
  readonly name: string;
  readonly images: number;
  readonly parts: readonly number[];
  /** Whether each part is within one image of its share. */
  readonly isEven: boolean;
}

/** How a data set was divided. */
export interface Division {
  readonly parts: readonly PartSummary[];
  readonly categories: readonly CategoryDivision[];
  /** With `groupBy`: the number of groups, and of images whose names it does not match. */
  readonly groups?: number;
  readonly unmatched?: number;
}

/** What `splitDataset` did. */
export interface DatasetSplit extends Division, WrittenFolder {
  readonly problems: DatasetProblems;
}

/**
 * Divides a data set into parts, such as train and val, stratified by category: each category's share of images in each
 * part is within one image of the wanted share where that is possible. Writes the parts in the format that was read to
 * a new folder, with its images.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError BAD_DATASET when there are fewer images, or groups of them, than parts
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files or cannot be written
 * @throws ResnetCocoError USAGE when an option is unknown, of another kind or out of range, or another process writes to
 *   the folder; the signal's reason when aborted
 */
export async function splitDataset(options: SplitDatasetOptions): Promise<DatasetSplit> {
  const call = 'splitDataset';
  checkOptions(call, options, kinds, ['annotations', 'out', 'fractions']);
  const { out, fractions, seed, groupBy, copyImages = false, ...source } = withPaths(call, options);
  const folder = pathArgument(call, '`out`', out);
  const rules = { fractions, ...(seed !== undefined && { seed }), ...(groupBy !== undefined && { groupBy }) };
  checkFractions(fractions);
  checkDrawing(rules);
  const { dataset, files, format, problems } = await readSource(source);
  const { division, parts } = divide(dataset, rules, source.annotations);
  const polygons = format === 'yolo';
  const written = await writeDatasetFolder(folder, parts, {
    ...{ copyImages, files, format, polygons },
    signal: source.signal,
  });
  return { ...division, ...written, problems };
}

/** @throws ResnetCocoError USAGE when the seed or the pattern is none */
export function checkDrawing({ groupBy, seed = 0 }: Pick<DivisionOptions, 'groupBy' | 'seed'>): void {
  if (!Number.isSafeInteger(seed)) {
    throw new ResnetCocoError('USAGE', `\`seed\` must be a whole number, is ${shownValue(seed)}`);
  }
  if (groupBy === undefined || typeof groupBy === 'string' || groupBy instanceof RegExp) return;
  throw new ResnetCocoError('USAGE', `\`groupBy\` must be a regular expression, is ${shownValue(groupBy)}`);
}

/** @throws ResnetCocoError USAGE when a name or a share is wrong */
function checkFractions(fractions: DivisionOptions['fractions']): void {
  const entries = Object.entries(fractions);
  for (const [name, share] of entries) {
    checkPartName(name);
    if (typeof share === 'number' && share > 0 && share <= 1) continue;
    throw new ResnetCocoError('USAGE', `\`fractions\`: ${name} is ${share}; a share is above 0 and at most 1`);
  }
  const folded = new Set(entries.map(([name]) => name.toLowerCase()));
  if (folded.size < entries.length) {
    throw new ResnetCocoError('USAGE', '`fractions` has names that differ only in case: some disks take them for one');
  }
  const sum = entries.reduce((total, [, share]) => total + share, 0);
  if (Math.abs(sum - 1) < 1e-6) return;
  const message = `\`fractions\` sum to ${Number(sum.toPrecision(6))}; they must sum to 1, such as train=.8,val=.2`;
  throw new ResnetCocoError('USAGE', message);
}

/**
 * Divides the images of a data set; nothing is written.
 *
 * @param place the data set's path, for errors
 * @throws ResnetCocoError BAD_DATASET when there are fewer images, or groups of them, than parts
 * @throws ResnetCocoError USAGE when the pattern is no regular expression
 */
export function divide(
  dataset: CocoDataset,
  { fractions, groupBy, seed = 0 }: DivisionOptions,
  place: string,
): { readonly division: Division; readonly parts: readonly DatasetPart[] } {
  const { groups, unmatched } = groupImages(dataset.images, groupBy);
  const shares = Object.entries(fractions);
  if (groups.length < shares.length) {
    const what = groupBy === undefined ? 'images' : 'groups of images';
    const message = `${shares.length} parts need at least as many ${what}; there ${groups.length === 1 ? 'is' : 'are'} ${groups.length}`;
    throw new ResnetCocoError('BAD_DATASET', `${place}: ${message}`);
  }
  const units = unitsOf(groups, dataset);
  const chosen = stratify(
    units,
    shares.map(([, share]) => share),
    seeded(seed, 'split'),
  );
  const partOf = new Map(groups.flatMap((images, group) => images.map(({ id }) => [id, chosen[group]])));
  const parts = shares.map(([split], part) => ({
    split,
    dataset: {
      ...dataset,
      images: dataset.images.filter(({ id }) => partOf.get(id) === part),
      annotations: dataset.annotations.filter(({ image_id }) => partOf.get(image_id) === part),
    },
  }));
  const summaries = parts.map(({ split, dataset: { annotations, images } }, part) => ({
    ...{ name: split, fraction: shares[part][1] },
    ...{ images: images.length, annotations: annotations.length },
  }));
  const categories = divisionOf(dataset, parts, summaries);
  const grouped = groupBy === undefined ? {} : { groups: groups.length, unmatched };
  return { division: { parts: summaries, categories, ...grouped }, parts };
}

function divisionOf(
  { categories }: CocoDataset,
  parts: readonly DatasetPart[],
  summaries: readonly PartSummary[],
): CategoryDivision[] {
  const shown = parts.map(({ dataset }) => {
    const images = new Map<number, Set<unknown>>();
    for (const { category_id, image_id } of dataset.annotations) {
      const of = images.get(category_id);
      if (of) of.add(image_id);
      else images.set(category_id, new Set([image_id]));
    }
    return images;
  });
  return categories.map(({ id, name }) => {
    const counts = shown.map((images) => images.get(id)?.size ?? 0);
    const images = counts.reduce((sum, count) => sum + count, 0);
    const isEven = counts.every((count, part) => Math.abs(count - summaries[part].fraction * images) <= 1 + 1e-9);
    return { name, images, parts: counts, isEven };
  });
}
