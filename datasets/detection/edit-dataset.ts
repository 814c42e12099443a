/** New data sets from parts of others, in the format that was read: what fits a filter, a sample, other categories. */
import { ResnetCocoError } from '../../errors.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { type WrittenFolder, writeDatasetFolder } from './dataset-folder.ts';
import { type FilteredOut, type FilterRules, filtered, filterKinds } from './filter-dataset.ts';
import type { DatasetProblems } from './problems.ts';
import { type ReadOptions, readOptionKinds, readSource, withPaths } from './read-detection-dataset.ts';
import { renamed } from './rename-categories.ts';
import { checkDrawing, type DivisionOptions, divide } from './split-dataset.ts';

/** What is read, and where the new data set is written. */
export interface EditOptions extends ReadOptions {
  /** A new or empty folder, or for COCO a new file `*.json`, whose images stay where they are. */
  readonly out: string | URL;
  /** Copy the images instead of linking them. */
  readonly copyImages?: boolean;
}

const editKinds: OptionKinds<EditOptions> = { ...readOptionKinds, out: 'path', copyImages: 'boolean' };

/** What was written. */
export interface EditedDataset extends WrittenFolder {
  readonly problems: DatasetProblems;
}

async function edit(
  call: string,
  { out, copyImages = false, ...options }: EditOptions,
  change: (dataset: CocoDataset, place: string) => CocoDataset,
): Promise<EditedDataset> {
  const folder = pathArgument(call, '`out`', out);
  const source = withPaths(call, options);
  const { dataset, files, format, problems } = await readSource(source);
  const changed = change(dataset, source.annotations);
  const writing = { copyImages, files, format, polygons: format === 'yolo', signal: source.signal };
  return { ...(await writeDatasetFolder(folder, [{ dataset: changed }], writing)), problems };
}

/** Settings of `filterDataset`. */
export interface FilterDatasetOptions extends EditOptions, FilterRules {}

/**
 * Writes the part of a data set that fits all rules.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files or cannot be written
 * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
 * @throws ResnetCocoError USAGE when an option is unknown, of another kind or out of range, when there is no such
 *   category, or another process writes to the folder; the signal's reason when aborted
 */
export async function filterDataset(options: FilterDatasetOptions): Promise<EditedDataset & { leftOut: FilteredOut }> {
  const call = 'filterDataset';
  checkOptions(call, options, { ...editKinds, ...filterKinds }, ['annotations', 'out']);
  const { categories, without, minArea, maxArea, match, crowds, empty, ...rest } = options;
  let leftOut: FilteredOut | undefined;
  const done = await edit(call, rest, (dataset) => {
    const result = filtered(dataset, { categories, without, minArea, maxArea, match, crowds, empty });
    leftOut = result.leftOut;
    return result.dataset;
  });
  return { ...done, leftOut: leftOut! };
}

/** Settings of `sampleDataset`: a number of images, or a share of them. */
export interface SampleDatasetOptions extends EditOptions, Pick<DivisionOptions, 'seed' | 'groupBy'> {
  readonly count?: number;
  readonly fraction?: number;
}

const sampleKinds: OptionKinds<SampleDatasetOptions> = {
  ...editKinds,
  ...{ count: 'number', fraction: 'number', seed: 'checked', groupBy: 'checked' },
};

/** @returns the share of the images, below 1 @throws ResnetCocoError USAGE, BAD_DATASET */
function sampledShare({ count, fraction }: SampleDatasetOptions, images: number, place: string): number {
  if ((count === undefined) === (fraction === undefined)) {
    throw new ResnetCocoError('USAGE', 'a sample needs either `count` or `fraction`');
  }
  if (fraction !== undefined) {
    if (fraction > 0 && fraction < 1) return fraction;
    throw new ResnetCocoError('USAGE', `\`fraction\` must be above 0 and below 1, is ${shownValue(fraction)}`);
  }
  if (!(Number.isInteger(count) && count! > 0)) {
    throw new ResnetCocoError('USAGE', `\`count\` must be a whole number above 0, is ${shownValue(count)}`);
  }
  if (count! < images) return count! / images;
  throw new ResnetCocoError('BAD_DATASET', `${place}: has ${images} images, of which ${count} are no sample`);
}

/**
 * Writes a sample of the images, stratified by category as `splitDataset` does. The same seed draws the same images on
 * every machine.
 *
 * @throws ResnetCocoError as `filterDataset` does
 */
export async function sampleDataset(options: SampleDatasetOptions): Promise<EditedDataset> {
  const call = 'sampleDataset';
  checkOptions(call, options, sampleKinds, ['annotations', 'out']);
  const { count, fraction, groupBy, seed, ...rest } = options;
  const drawing = { ...(seed !== undefined && { seed }), ...(groupBy !== undefined && { groupBy }) };
  checkDrawing(drawing);
  return await edit(call, rest, (dataset, place) => {
    const share = sampledShare(options, dataset.images.length, place);
    const { parts } = divide(dataset, { ...drawing, fractions: { sample: share, rest: 1 - share } }, place);
    const [sample] = parts;
    if (count === undefined || groupBy !== undefined) return sample.dataset;
    return exactly(count, sample.dataset, parts[1].dataset);
  });
}

/** A stratified part may have an image more or less than its share; a number that was asked for is kept. */
function exactly(count: number, sample: CocoDataset, rest: CocoDataset): CocoDataset {
  const images = [...sample.images, ...rest.images].slice(0, count);
  if (images.length === sample.images.length) return sample;
  const ids = new Set(images.map(({ id }) => id));
  const annotations = [...sample.annotations, ...rest.annotations].filter(({ image_id }) => ids.has(image_id));
  return { ...sample, images, annotations };
}

/** Settings of `remapDataset`. */
export interface RemapDatasetOptions extends EditOptions {
  /** The new name by the old one; categories with one new name are joined. Others keep their names. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Writes a data set with renamed or joined categories.
 *
 * @throws ResnetCocoError as `filterDataset` does
 */
export async function remapDataset(options: RemapDatasetOptions): Promise<EditedDataset> {
  const call = 'remapDataset';
  checkOptions(call, options, { ...editKinds, names: 'object' }, ['annotations', 'out', 'names']);
  const { names, ...rest } = options;
  return await edit(call, rest, (dataset, place) => renamed(dataset, names, place));
}
