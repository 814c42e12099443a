import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { inLockedFolder } from '../../io/folder-lock.ts';
import type { CocoImage, ImageId } from './coco/coco-format.ts';
import { portablePath } from './file-finder.ts';
import { type DetectionFormat, formats } from './formats.ts';
import { checkImageName, OutputFolder } from './output-folder.ts';
import type { DatasetProblems } from './problems.ts';
import { type ReadOptions, readDetectionDataset } from './read-detection-dataset.ts';
import type { WriteOptions } from './write-detection-dataset.ts';

/** Settings of `convertDataset`. */
export interface ConvertDatasetOptions extends ReadOptions, WriteOptions {
  /** Copy the images too: to `JPEGImages/` of VOC, to `images/` of YOLO or beside the file of COCO. */
  readonly copyImages?: boolean;
}

/** What `convertDataset` did. */
export interface Conversion {
  readonly from: DetectionFormat;
  /** How many were written. */
  readonly images: number;
  readonly annotations: number;
  /** With `copyImages`: where to, and how many; those without a file are not. */
  readonly copied?: { readonly folder: string; readonly images: number };
  readonly problems: DatasetProblems;
  /** What the new format has no place for, such as `12 masks`. */
  readonly lost: readonly string[];
}

/**
 * Writes a data set in another format.
 *
 * @throws ResnetCocoError as `readDetectionDataset`; BAD_DATASET for names that the format cannot hold; FILE_NOT_FOUND
 *   where images are to be copied and none is found; FILE_NOT_WRITABLE; USAGE where another process writes to the folder;
 *   the signal's reason, if aborted
 */
export async function convertDataset({ to, out, copyImages, ...source }: ConvertDatasetOptions): Promise<Conversion> {
  const { format, dataset, files, problems } = await readDetectionDataset(source);
  const { imageFolder, isFolder, lost, omits, write } = formats[to];
  if (!isFolder && isSameFile(out, source.annotations)) {
    throw new ResnetCocoError('USAGE', `${out}: is what is read; name another file to write`);
  }
  if (copyImages && dataset.images.length && !files.size) {
    const message = `none of its ${dataset.images.length} images is found${source.images === undefined ? '' : ` in ${source.images}`}, so that none can be copied; name their folder with images (--images DIR), or leave out the copy`;
    throw new ResnetCocoError('FILE_NOT_FOUND', `${source.annotations}: ${message}`);
  }
  if (copyImages) for (const { file_name } of dataset.images) checkImageName(file_name);
  const { split, signal } = source;
  const folder = imageFolder(out);
  const writeAll = async (): Promise<void> => {
    await write(out, dataset, { ...(split !== undefined && { split }), ...(signal && { signal }) });
    if (copyImages) await copyFiles(dataset.images, files, folder, signal);
  };
  await (isFolder ? inLockedFolder(out, writeAll) : writeAll());
  const { images, annotations } = dataset;
  const omitted = omits ? annotations.filter(omits).length : 0;
  return {
    from: format,
    images: images.length,
    annotations: annotations.length - omitted,
    ...(copyImages && { copied: { folder, images: files.size } }),
    problems,
    lost: lost(annotations),
  };
}

async function copyFiles(
  images: readonly CocoImage[],
  files: ReadonlyMap<ImageId, string>,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = new OutputFolder(to);
  for (const { id, file_name } of images) {
    signal?.throwIfAborted();
    const file = files.get(id);
    if (file !== undefined) await folder.copy(file, portablePath(file_name));
  }
}

/** Whatever it is called: by a link, or by other letters where case makes no difference. */
function isSameFile(a: string, b: string): boolean {
  if (resolve(a) === resolve(b)) return true;
  const [one, other] = [a, b].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
