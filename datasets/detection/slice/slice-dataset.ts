import { extname, join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { checkNumber } from '../../../io/check-number.ts';
import { inLockedFolder } from '../../../io/folder-lock.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../../../io/options.ts';
import { ImagePool } from '../../images/image-pool.ts';
import type { Region } from '../../images/region.ts';
import { checkSlicing, type SliceSize, tilesOf } from '../../images/tiles.ts';
import type { CocoAnnotation, CocoImage } from '../coco/coco-format.ts';
import { type DetectionFormat, formats } from '../formats.ts';
import { annotationStems, byImage, OutputFolder } from '../output-folder.ts';
import type { DatasetProblems } from '../problems.ts';
import { type ReadOptions, readOptionKinds, readSource, withPaths } from '../read-detection-dataset.ts';
import { storedOf } from '../stored.ts';
import { clipObject } from './clip-object.ts';

/** Settings of `sliceDataset`. */
export interface SliceDatasetOptions extends ReadOptions {
  /** A new or empty folder. */
  readonly out: string | URL;
  /** The side of a tile in pixels, or width and height; 640 by default. */
  readonly slice?: SliceSize;
  /** The share of a tile's side that it has in common with the next, from 0 to below 1; .2 by default. */
  readonly overlap?: number;
  /** An object is in a tile if at least this share of its area is; .1 by default. */
  readonly minAreaRatio?: number;
  /** Whether tiles without objects are written; true by default. */
  readonly empty?: boolean;
  readonly onProgress?: (images: number, total: number) => void;
}

const kinds: OptionKinds<SliceDatasetOptions> = {
  ...readOptionKinds,
  out: 'path',
  slice: 'checked',
  overlap: 'checked',
  minAreaRatio: 'checked',
  empty: 'boolean',
  onProgress: 'function',
};

/** What `sliceDataset` did. */
export interface SlicedDataset {
  readonly format: DetectionFormat;
  /** Images that were cut, and their tiles and what is in them. */
  readonly images: number;
  readonly tiles: number;
  readonly annotations: number;
  /** What is not in the tiles. */
  readonly leftOut: {
    /** Parts of objects with less than `minAreaRatio` of their area. */
    readonly parts: number;
    /** Objects of which no tile has a part. */
    readonly objects: number;
    /** Tiles without objects, if these are not written. */
    readonly empty: number;
    /** Images without a file. */
    readonly missing: number;
  };
  /** Images that could not be read; they have no tiles. */
  readonly unreadable: readonly ResnetCocoError[];
  /** What the format cannot store, such as `12 masks`. */
  readonly lost: readonly string[];
  readonly problems: DatasetProblems;
}

/** A tile that is to be written. */
interface Tile {
  readonly region: Region;
  readonly name: string;
  readonly objects: readonly Omit<CocoAnnotation, 'id' | 'image_id'>[];
}

/**
 * Cuts the images of a data set into tiles that overlap, with their objects, for training on small objects of large
 * images. Boxes, polygons, masks and keypoints are cut at the tiles' borders. Writes a new folder in the format that was
 * read. Tiles of PNG files are PNG files, others JPEG.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError FILE_NOT_FOUND when the images are missing
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files or cannot be written
 * @throws ResnetCocoError USAGE when an option is unknown, of another kind or out of range, or another process writes to
 *   the folder; the signal's reason when aborted
 */
export async function sliceDataset(options: SliceDatasetOptions): Promise<SlicedDataset> {
  const call = 'sliceDataset';
  checkOptions(call, options, kinds, ['annotations', 'out']);
  const { empty = true, minAreaRatio = 0.1, onProgress, out: target, overlap = 0.2, slice = 640, ...rest } = options;
  const out = pathArgument(call, '`out`', target);
  const slicing = checkSlicing(slice, overlap);
  checkNumber('minAreaRatio', minAreaRatio, 0, 1);
  const source = withPaths(call, rest);
  const { dataset, files, format, problems } = await readSource(source);
  if (!files.size) throw new ResnetCocoError('FILE_NOT_FOUND', `${source.annotations}: name the folder of its images`);
  await new OutputFolder(out).checkEmpty();
  const { imageFolder, isFolder, write } = formats[format];
  const place = isFolder ? out : join(out, 'annotations.json');
  const stems = annotationStems(dataset.images.map(({ file_name }) => file_name));
  const objects = byImage(dataset);
  const polygons = format === 'yolo';
  const counts = { parts: 0, objects: 0, empty: 0, missing: 0 };
  const unreadable: ResnetCocoError[] = [];
  const [images, annotations]: [CocoImage[], CocoAnnotation[]] = [[], []];
  let cut = 0;

  function tilesFor(image: CocoImage, stem: string, ending: string): Tile[] {
    const inTiles = new Set<number>();
    const tiles = tilesOf(image, slicing).map((region): Tile => {
      const { height, left, top, width } = region;
      const clipped = (objects.get(image.id) ?? []).flatMap((object) => {
        const part = clipObject(object, region, image);
        if (!part) return [];
        if (part.share < minAreaRatio) counts.parts++;
        else inTiles.add(object.id);
        return part.share < minAreaRatio ? [] : [part.object];
      });
      const name = `${stem}_${left}_${top}_${left + width}_${top + height}${ending}`;
      return { region, name, objects: clipped };
    });
    counts.objects += (objects.get(image.id) ?? []).length - inTiles.size;
    const kept = empty ? tiles : tiles.filter(({ objects }) => objects.length);
    counts.empty += tiles.length - kept.length;
    return kept;
  }

  const pool = new ImagePool();
  try {
    await inLockedFolder(out, async () => {
      for (const [index, image] of dataset.images.entries()) {
        source.signal?.throwIfAborted();
        const file = files.get(image.id);
        if (file === undefined) counts.missing++;
        else {
          const ending = extname(file).toLowerCase() === '.png' ? '.png' : '.jpg';
          try {
            const tiles = tilesFor(image, stems[index], ending);
            const pieces = tiles.map(({ name, region }) => ({ region, path: join(imageFolder(place), name) }));
            await pool.cut(file, pieces);
            cut++;
            for (const tile of tiles) add(tile);
          } catch (error) {
            if (!(error instanceof ResnetCocoError) || !isOfImage(error)) throw error;
            unreadable.push(error);
          }
        }
        onProgress?.(index + 1, dataset.images.length);
      }
      const { split, signal } = source;
      const sliced = { ...dataset, images, annotations };
      await write(place, sliced, { polygons, ...(split !== undefined && { split }), ...(signal && { signal }) });
    });
  } finally {
    await pool.close();
  }
  return {
    ...{ format, images: cut, tiles: images.length, unreadable, problems, leftOut: counts },
    ...storedOf(format, annotations, polygons),
  };

  function add({ name, objects, region: { height, width } }: Tile): void {
    const id = images.length + 1;
    images.push({ id, file_name: name, width, height });
    for (const object of objects) annotations.push({ ...object, id: annotations.length + 1, image_id: id });
  }
}

const isOfImage = ({ code }: ResnetCocoError): boolean => code === 'BAD_IMAGE' || code === 'FILE_NOT_FOUND';
