import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { inLockedFolder } from '../../io/folder-lock.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import type { CocoImage, ImageId } from './coco/coco-format.ts';
import { portablePath } from './file-finder.ts';
import { type DetectionFormat, formats } from './formats.ts';
import { checkImageName, OutputFolder } from './output-folder.ts';
import type { DatasetProblems } from './problems.ts';
import { type ReadOptions, readOptionKinds, readSource, withPaths } from './read-detection-dataset.ts';
import { storedOf } from './stored.ts';
import { type WriteOptions, writeOptionKinds } from './write-detection-dataset.ts';

/** Settings of `convertDataset`. */
export interface ConvertDatasetOptions extends ReadOptions, WriteOptions {
  /** Also copy the images: to `JPEGImages/` for VOC, to `images/` for YOLO, beside the file for COCO. */
  readonly copyImages?: boolean;
}

const kinds: OptionKinds<ConvertDatasetOptions> = { ...readOptionKinds, ...writeOptionKinds, copyImages: 'boolean' };

/** What `convertDataset` did. */
export interface Conversion {
  readonly from: DetectionFormat;
  /** Number of images written. */
  readonly images: number;
  readonly annotations: number;
  /** With `copyImages`: the folder and the number of copies. Images without a file are not copied. */
  readonly copied?: { readonly folder: string; readonly images: number };
  readonly problems: DatasetProblems;
  /** What the new format cannot store, such as `12 masks`. */
  readonly lost: readonly string[];
}

/**
 * Writes a data set in another format.
 *
 * @throws ResnetCocoError as `readDetectionDataset` does
 * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
 * @throws ResnetCocoError FILE_NOT_FOUND when images are to be copied and none is found
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder or file cannot be written
 * @throws ResnetCocoError USAGE when an option is unknown or of another kind, or another process writes to the folder; the signal's reason when aborted
 */
export async function convertDataset(options: ConvertDatasetOptions): Promise<Conversion> {
  const call = 'convertDataset';
  checkOptions(call, options, kinds, ['annotations', 'to', 'out']);
  const { to, out: target, copyImages, ...source } = withPaths(call, options);
  const out = pathArgument(call, '`out`', target);
  const { format, dataset, files, problems } = await readSource(source);
  const { imageFolder, isFolder, write } = formats[to];
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
  return {
    from: format,
    images: images.length,
    ...storedOf(to, annotations),
    ...(copyImages && { copied: { folder, images: files.size } }),
    problems,
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

/** Compares the files, not their names: a link or another case may name the same file. */
function isSameFile(a: string, b: string): boolean {
  if (resolve(a) === resolve(b)) return true;
  const [one, other] = [a, b].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
