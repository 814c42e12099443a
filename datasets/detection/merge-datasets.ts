import { realpathSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { checkArgument, checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage, ImageId } from './coco/coco-format.ts';
import { type WrittenFolder, writeDatasetFolder } from './dataset-folder.ts';
import { portablePath, withoutExtension } from './file-finder.ts';
import { comparedName } from './named-categories.ts';
import type { DatasetProblems } from './problems.ts';
import {
  type DetectionDataset,
  type ReadOptions,
  readOptionKinds,
  readSource,
  withPaths,
} from './read-detection-dataset.ts';
import { checkSameKeypoints } from './rename-categories.ts';

/** Settings of `mergeDatasets`. */
export interface MergeDatasetsOptions {
  /** Two data sets or more, of any formats. */
  readonly sources: readonly ReadOptions[];
  /** A new or empty folder, or for COCO a new file `*.json`. The format is that of the first source. */
  readonly out: string | URL;
  /** Copy the images instead of linking them. */
  readonly copyImages?: boolean;
  readonly signal?: AbortSignal;
}

const kinds: OptionKinds<MergeDatasetsOptions> = {
  sources: 'list',
  out: 'path',
  copyImages: 'boolean',
  signal: 'signal',
};

/** What `mergeDatasets` did. */
export interface MergedDatasets extends WrittenFolder {
  readonly categories: readonly string[];
  /** Images that several sources have, which became one. */
  readonly shared: number;
  /** Images that were renamed, since another source has one of the same name. */
  readonly renamed: number;
  /** Of each source. */
  readonly problems: readonly DatasetProblems[];
}

/**
 * Joins data sets. Categories with one name become one; images that are one file become one, with the objects of all
 * sources; other images of the same name are renamed. Ids are kept where they do not clash.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError BAD_DATASET when categories of one name have other keypoints, when images would have to be
 *   renamed in a single file, or when the format cannot store a name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files or cannot be written
 * @throws ResnetCocoError USAGE when an option is unknown or of another kind, or another process writes to the folder;
 *   the signal's reason when aborted
 */
export async function mergeDatasets(options: MergeDatasetsOptions): Promise<MergedDatasets> {
  const call = 'mergeDatasets';
  checkOptions(call, options, kinds, ['sources', 'out']);
  const { copyImages = false, out, signal, sources } = options;
  const target = pathArgument(call, '`out`', out);
  if (sources.length < 2) throw new ResnetCocoError('USAGE', `${call}: \`sources\` must be two data sets or more`);
  for (const source of sources) {
    checkArgument(call, 'a source', source, 'object');
    checkOptions(call, source, readOptionKinds, ['annotations']);
  }
  const read: NamedDataset[] = [];
  for (const source of sources) {
    const plain = withPaths(call, source);
    read.push({ place: plain.annotations, ...(await readSource({ ...plain, ...(signal && { signal }) })) });
  }
  const merger = new Merger();
  for (const dataset of read) merger.add(dataset);
  const isFile = read[0].format === 'coco' && extname(target).toLowerCase() === '.json';
  if (isFile && merger.renamed) {
    const message = `other images have the names of ${merger.renamed}; name a folder, so that they can be renamed with their files`;
    throw new ResnetCocoError('BAD_DATASET', `${target}: ${message}`);
  }
  const written = await writeDatasetFolder(target, [{ dataset: merger.dataset }], {
    ...{ copyImages, files: merger.files, format: read[0].format, signal },
    polygons: read.every(({ format }) => format === 'yolo'),
  });
  const { categories } = merger.dataset;
  return {
    ...written,
    categories: categories.map(({ name }) => name),
    ...{ shared: merger.shared, renamed: merger.renamed },
    problems: read.map(({ problems }) => problems),
  };
}

interface NamedDataset extends DetectionDataset {
  readonly place: string;
}

/** Annotation files are named by stems, which some file systems compare without case. */
const stemOf = (name: string): string => withoutExtension(portablePath(name)).toLowerCase();

class Merger {
  readonly files = new Map<ImageId, string>();
  shared = 0;
  renamed = 0;
  #rest: Omit<CocoDataset, 'images' | 'annotations' | 'categories'> | undefined;
  readonly #images: CocoImage[] = [];
  readonly #annotations: CocoAnnotation[] = [];
  readonly #categories = new Map<string, CocoCategory>();
  readonly #stems = new Set<string>();
  /** The image of each file, or of each name where no files are known. */
  readonly #owners = new Map<string, ImageId>();
  readonly #imageIds = new Set<ImageId>();
  readonly #annotationIds = new Set<number>();

  get dataset(): CocoDataset {
    return {
      ...this.#rest,
      images: this.#images,
      annotations: this.#annotations,
      categories: [...this.#categories.values()],
    };
  }

  add({ dataset, files, place }: NamedDataset): void {
    const { images, annotations, categories, ...rest } = dataset;
    const isFirst = this.#rest === undefined;
    this.#rest ??= rest;
    const categoryIds = new Map(categories.map((category) => [category.id, this.#addCategory(category, place)]));
    const prefix = basename(withoutExtension(resolve(place))).replace(/[^\p{L}\p{N}_.-]+/gu, '-') || 'other';
    const imageIds = new Map<ImageId, ImageId>();
    for (const image of images) imageIds.set(image.id, this.#addImage(image, files.get(image.id), prefix, isFirst));
    for (const annotation of annotations) {
      const id = unused(annotation.id, this.#annotationIds);
      const [image_id, category_id] = [imageIds.get(annotation.image_id)!, categoryIds.get(annotation.category_id)!];
      this.#annotations.push({ ...annotation, id, image_id, category_id });
    }
  }

  #addCategory(category: CocoCategory, place: string): number {
    const key = comparedName(category.name);
    const there = this.#categories.get(key);
    if (there) {
      checkSameKeypoints(there, category, place);
      return there.id;
    }
    const id = unused(category.id, new Set([...this.#categories.values()].map((known) => known.id)));
    this.#categories.set(key, { ...category, id });
    return id;
  }

  #addImage(image: CocoImage, file: string | undefined, prefix: string, isFirst: boolean): ImageId {
    const identity = file === undefined ? `${image.width}×${image.height} ${image.file_name}` : realpathSync(file);
    const owner = this.#owners.get(identity);
    if (owner !== undefined) {
      this.shared++;
      return owner;
    }
    const id =
      typeof image.id === 'string' && !this.#imageIds.has(image.id) ? image.id : unused(image.id, this.#imageIds);
    this.#imageIds.add(id);
    this.#owners.set(identity, id);
    let name = image.file_name;
    for (let i = 1; this.#stems.has(stemOf(name)); i++)
      name = `${prefix}${i > 1 ? `-${i}` : ''}/${portablePath(image.file_name)}`;
    this.#stems.add(stemOf(name));
    if (name !== image.file_name) this.renamed++;
    // Numbers of licenses are those of another list.
    const { license, ...rest } = image as CocoImage & { readonly license?: unknown };
    this.#images.push({ ...(isFirst ? image : rest), id, file_name: name });
    if (file !== undefined) this.files.set(id, file);
    return id;
  }
}

/** The id if it is free, else the next number that is. Marks it as used. */
function unused(id: ImageId, used: Set<ImageId> | Set<number>): number {
  const ids = used as Set<ImageId>;
  let free = typeof id === 'number' ? id : 1;
  if (ids.has(free)) free = ids.size + 1;
  while (ids.has(free)) free++;
  ids.add(free);
  return free;
}
