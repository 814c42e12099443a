import { join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { checkNumber } from '../../io/check-number.ts';
import { inLockedFolder } from '../../io/folder-lock.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import type { Random } from '../../io/random.ts';
import { checkWithin } from '../../io/within-folder.ts';
import { crop } from '../augment/crop.ts';
import { writeImage } from '../images/encode.ts';
import type { Image } from '../images/image.ts';
import type { ImageSize } from '../images/image-size.ts';
import { readImage } from '../images/read-image.ts';
import { type Region, regionAround } from '../images/region.ts';
import { seeded } from '../loaders/seeded.ts';
import type { CocoAnnotation, CocoDataset, CocoImage, ImageId } from './coco/coco-format.ts';
import { portablePath, withoutExtension } from './file-finder.ts';
import { detectionFormats } from './formats.ts';
import { holdOut } from './hold-out.ts';
import type { DatasetProblems } from './problems.ts';
import { type ReadOptions, readSource, withPaths } from './read-detection-dataset.ts';

/** Settings of `writeObjectCrops`. */
export interface ObjectCropOptions extends Omit<ReadOptions, 'checkImages' | 'strict'> {
  /** The folder to write. It gets one folder per category, or `train/` and `val/` with one per category each. */
  readonly out: string | URL;
  /** Objects whose longer side has fewer pixels are left out; 1 or more, 32 by default. */
  readonly smallest?: number;
  /** The margin shown around an object, as a share of its box's longer side; 0.1 by default. */
  readonly margin?: number;
  /** Number of squares without an object to cut from each image, for a class `background`; 0 by default. */
  readonly background?: number;
  /**
   * Share of the images whose objects go to `val/` instead of `train/`. Without it, or with one image only, the folders
   * of the categories are in `out` itself.
   */
  readonly valFraction?: number;
  /** Seed for the places of background squares and for the images of `val/`; 0 by default. */
  readonly seed?: number;
  readonly onProgress?: (images: number, total: number) => void;
}

const kinds: OptionKinds<ObjectCropOptions> = {
  annotations: 'path',
  images: 'path',
  split: 'text',
  signal: 'signal',
  format: detectionFormats,
  out: 'path',
  smallest: 'checked',
  margin: 'checked',
  background: 'checked',
  valFraction: 'checked',
  seed: 'number',
  onProgress: 'function',
};

/** What `writeObjectCrops` wrote. */
export interface ObjectCrops {
  readonly images: number;
  /** Pictures written per class, sorted by name. */
  readonly classes: readonly { readonly name: string; readonly pictures: number }[];
  /** Number of objects smaller than `smallest`. */
  readonly small: number;
  /** Images that could not be read; they give no crops. */
  readonly unreadable: readonly ResnetCocoError[];
  /** Warnings only: errors are thrown. */
  readonly problems: DatasetProblems;
}

const BACKGROUND = 'background';

/** A background square that shows an object is drawn again at most this many times. */
const TRIALS = 50;
/** The largest share of a background square that an object may cover. */
const MOST_COVERED = 0.1;

const [MOST_PIXELS, MOST_MARGIN, MOST_SQUARES] = [100_000, 100, 10_000];

/**
 * Cuts every object out of its image into a folder for training a classifier (`imagefolder:DIR`). A backbone can so be
 * trained on the objects of a detection data set, at their size, before the detector is. Crowds are left out. The same
 * seed writes the same pictures.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError BAD_DATASET when a category's name cannot name a folder, or when no object is left to cut
 * @throws ResnetCocoError FILE_NOT_FOUND when the images are missing
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a picture cannot be written
 * @throws ResnetCocoError USAGE when another process writes to the folder or a number is out of range; the signal's
 *   reason when aborted
 */
export async function writeObjectCrops(options: ObjectCropOptions): Promise<ObjectCrops> {
  const call = 'writeObjectCrops';
  checkOptions(call, options, kinds, ['annotations', 'out']);
  const {
    out: target,
    smallest = 32,
    margin = 0.1,
    background = 0,
    seed = 0,
    valFraction = 0,
    onProgress,
    ...source
  } = withPaths(call, options);
  const out = pathArgument(call, '`out`', target);
  checkNumber('smallest', smallest, 1, MOST_PIXELS);
  checkNumber('margin', margin, 0, MOST_MARGIN);
  checkNumber('background', background, 0, MOST_SQUARES);
  checkNumber('valFraction', valFraction, 0, 1);
  const { dataset, files, problems } = await readSource(source);
  if (!files.size) throw new ResnetCocoError('FILE_NOT_FOUND', `${source.annotations}: name the folder of its images`);
  const folders = new Map(dataset.categories.map(({ id, name }) => [id, folderName(name)]));
  const objects = new Map<ImageId, CocoAnnotation[]>(dataset.images.map(({ id }) => [id, []]));
  for (const annotation of dataset.annotations) objects.get(annotation.image_id)?.push(annotation);
  const held = valFraction > 0 ? heldImages(dataset, valFraction, seed, smallest) : undefined;
  const pictures = new Map<string, number>();
  const unreadable: ResnetCocoError[] = [];
  let small = 0;

  async function cutFrom(meta: CocoImage, image: Image, place: number): Promise<void> {
    const stem = withoutExtension(portablePath(meta.file_name)).replaceAll('/', '-');
    const part = held ? (held.has(meta.id) ? 'val' : 'train') : '';
    const write = async (folder: string, name: string, region: Region): Promise<void> => {
      const path = join(out, part, folder, `${stem}-${name}.jpg`);
      checkWithin(out, path);
      await writeImage(path, crop(image, region), 'jpeg');
      pictures.set(folder, (pictures.get(folder) ?? 0) + 1);
    };
    const here = objects.get(meta.id) ?? [];
    for (const { id, bbox, category_id, iscrowd } of here) {
      if (iscrowd) continue;
      const region = regionAround(bbox, image, margin * Math.max(bbox[2], bbox[3]));
      if (Math.max(bbox[2], bbox[3]) < smallest) small++;
      else if (region) await write(folders.get(category_id) as string, String(id), region);
    }
    const random = seeded(seed, 'sample', place);
    for (let i = 0; i < background; i++) {
      const region = emptySquare(random, image, smallest, here);
      if (region) await write(BACKGROUND, `${BACKGROUND}-${i}`, region);
    }
  }

  await inLockedFolder(out, async () => {
    for (const [place, meta] of dataset.images.entries()) {
      source.signal?.throwIfAborted();
      const image = await readFound(files, meta.id, unreadable);
      if (image) await cutFrom(meta, image, place);
      onProgress?.(place + 1, dataset.images.length);
    }
  });
  if (!pictures.size) {
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${source.annotations}: no object of ${smallest} pixels or more to cut out`,
    );
  }
  const classes = [...pictures].map(([name, count]) => ({ name, pictures: count }));
  classes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { images: dataset.images.length, classes, small, unreadable, problems };
}

/**
 * Chooses the images for evaluation. A category is evaluated only if training images have it too. Undefined when there
 * is one image.
 */
function heldImages(
  dataset: CocoDataset,
  fraction: number,
  seed: number,
  smallest: number,
): ReadonlySet<ImageId> | undefined {
  const parts = holdOut(dataset, fraction, seed);
  if (!parts) return undefined;
  const objects = ({ annotations }: CocoDataset): CocoAnnotation[] =>
    annotations.filter(({ bbox, iscrowd }) => !iscrowd && Math.max(bbox[2], bbox[3]) >= smallest);
  const learnt = new Set(objects(parts.training).map(({ category_id }) => category_id));
  const held = new Set(parts.validation.images.map(({ id }) => id));
  for (const { category_id, image_id } of objects(parts.validation)) {
    if (learnt.has(category_id) || !held.delete(image_id)) continue;
    for (const one of objects(parts.validation)) if (one.image_id === image_id) learnt.add(one.category_id);
  }
  return held;
}

async function readFound(
  files: ReadonlyMap<ImageId, string>,
  id: ImageId,
  unreadable: ResnetCocoError[],
): Promise<Image | undefined> {
  const file = files.get(id);
  if (file === undefined) return undefined;
  try {
    return await readImage(file);
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    unreadable.push(error);
    return undefined;
  }
}

/** @throws ResnetCocoError BAD_DATASET when a category's name cannot name a folder */
function folderName(category: string): string {
  const name = category.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  if (!/^[.]|[/\\:*?"<>|\x00-\x1f]/.test(name)) return name;
  throw new ResnetCocoError('BAD_DATASET', `category ${JSON.stringify(category)}: no name for a folder; rename it`);
}

/** A random square between `smallest` and half of the image's shorter side that no object covers much. */
function emptySquare(
  random: Random,
  { width, height }: ImageSize,
  smallest: number,
  objects: readonly CocoAnnotation[],
): Region | undefined {
  const most = Math.min(width, height) / 2;
  if (most < smallest) return undefined;
  for (let trial = 0; trial < TRIALS; trial++) {
    const side = Math.round(smallest * (most / smallest) ** random.uniform()); // log-uniform
    const left = random.integer(width - side + 1);
    const top = random.integer(height - side + 1);
    const covered = ({ bbox: [x, y, w, h] }: CocoAnnotation): number =>
      Math.max(0, Math.min(left + side, x + w) - Math.max(left, x)) *
      Math.max(0, Math.min(top + side, y + h) - Math.max(top, y));
    if (objects.every((object) => covered(object) <= MOST_COVERED * side * side)) {
      return { left, top, width: side, height: side };
    }
  }
  return undefined;
}
