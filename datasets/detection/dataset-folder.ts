import { join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { inLockedFolder } from '../../io/folder-lock.ts';
import { statsOf } from '../../io/regular-file.ts';
import type { CocoDataset, ImageId } from './coco/coco-format.ts';
import { portablePath } from './file-finder.ts';
import { type DetectionFormat, formats } from './formats.ts';
import { checkImageName, OutputFolder } from './output-folder.ts';
import { storedOf } from './stored.ts';

/** A part of a data set: `train` and the images in it. A data set without parts is one part without a name. */
export interface DatasetPart {
  readonly split?: string;
  readonly dataset: CocoDataset;
}

/** How a data set is written to a folder of its own. */
export interface FolderOptions {
  readonly format: DetectionFormat;
  /** The file of each image. */
  readonly files: ReadonlyMap<ImageId, string>;
  /** Copies the images; else they are hard links where the file system has them. */
  readonly copyImages: boolean;
  /** Whether all polygons are those of YOLO, which can be written as YOLO again. */
  readonly polygons: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What was written to the folder. */
export interface WrittenFolder {
  readonly format: DetectionFormat;
  readonly images: number;
  readonly annotations: number;
  /** Images that became links, copies, and those without a file. */
  readonly linked: number;
  readonly copied: number;
  readonly missing: number;
  /** What the format cannot store, such as `12 masks`. */
  readonly lost: readonly string[];
}

/** Whether a COCO data set is written as this file alone, without images. */
const isSingleFile = (out: string, format: DetectionFormat, parts: readonly DatasetPart[]): boolean =>
  format === 'coco' && /\.json$/i.test(out) && parts.length === 1 && parts[0].split === undefined;

/** Names that mean something else in `data.yaml` or beside it. */
const RESERVED = ['names', 'nc', 'path', 'classes', 'images', 'labels', 'annotations', 'categories', 'data'];

/** @throws ResnetCocoError USAGE when a part cannot have this name in every format */
export function checkPartName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u.test(name) && !RESERVED.includes(name.toLowerCase())) return;
  throw new ResnetCocoError('USAGE', `'${name}' cannot name a part: take a word such as train, val or test`);
}

/**
 * Writes a data set, in parts or whole, to a new or empty folder, with its images. VOC and YOLO have their usual
 * layout. COCO has `PART.json` for each part, or `annotations.json`, and `images/`; a whole COCO data set may also be
 * written to a single new file `*.json`, whose images stay where they are.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files or cannot be written
 * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
 * @throws ResnetCocoError USAGE when another process writes to the folder; the signal's reason when aborted
 */
export async function writeDatasetFolder(
  out: string,
  parts: readonly DatasetPart[],
  { copyImages, files, format, polygons, signal }: FolderOptions,
): Promise<WrittenFolder> {
  const { imageFolder, isFolder, write } = formats[format];
  const images = parts.flatMap(({ dataset }) => dataset.images);
  const annotations = parts.flatMap(({ dataset }) => dataset.annotations);
  const written = { format, images: images.length, ...storedOf(format, annotations, polygons) };
  if (isSingleFile(out, format, parts)) {
    if (statsOf(out)) {
      throw new ResnetCocoError(
        'FILE_NOT_WRITABLE',
        `${out}: is there already; nothing is overwritten: name a new file`,
      );
    }
    await write(out, parts[0].dataset, signal ? { signal } : {});
    return { ...written, linked: 0, copied: 0, missing: 0 };
  }
  for (const { file_name } of images) checkImageName(file_name);
  const target = (split = 'annotations'): string => (isFolder ? out : join(out, `${split}.json`));
  await new OutputFolder(out).checkEmpty();
  const done = { linked: 0, copied: 0 };
  await inLockedFolder(out, async () => {
    for (const { split, dataset } of parts) {
      const options = { polygons, ...(split !== undefined && { split }), ...(signal && { signal }) };
      await write(target(split), dataset, options);
    }
    const folder = new OutputFolder(imageFolder(target()));
    for (const { id, file_name } of images) {
      signal?.throwIfAborted();
      const file = files.get(id);
      if (file === undefined) continue;
      const name = portablePath(file_name);
      if (copyImages) await folder.copy(file, name);
      done[copyImages ? 'copied' : await folder.link(file, name)]++;
    }
  });
  return { ...written, ...done, missing: images.length - done.linked - done.copied };
}
