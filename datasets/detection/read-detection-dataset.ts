import { closeSync } from 'node:fs';
import { ResnetCocoError } from '../../errors.ts';
import { isFolder, openFile, readAt, unreadable } from '../../io/regular-file.ts';
import type { DetectionFormat, DetectionSource, FoundDataset } from './detection-source.ts';
import { listFiles } from './file-finder.ts';
import { compareSizes } from './measure-image.ts';
import { type DatasetProblems, ProblemList, throwOnErrors } from './problems.ts';
import { annotationsFolder } from './voc/voc-layout.ts';
import { findNamesFile } from './yolo/yolo-names.ts';

export interface ReadOptions extends DetectionSource {
  /** Told from the content, unless it is given. */
  readonly format?: DetectionFormat;
  /** Errors are thrown, unless this is false: then what is unusable is left out, and told of in `problems`. */
  readonly strict?: boolean;
  /** Open each image that is found, and compare its size with that of the annotations. */
  readonly checkImages?: boolean;
}

/** A data set for detection, whatever its format, in the form that COCO's JSON has. */
export interface DetectionDataset extends FoundDataset {
  readonly format: DetectionFormat;
  readonly problems: DatasetProblems;
}

/** Each loaded when it is needed, with the parser that it takes. */
const readers = {
  coco: async () => (await import('./coco/read-coco.ts')).readCoco,
  voc: async () => (await import('./voc/read-voc.ts')).readVoc,
  yolo: async () => (await import('./yolo/read-yolo.ts')).readYolo,
} as const;

/**
 * Reads a data set for detection: COCO's JSON, Pascal VOC's XML files or YOLO's label files. Everything in it is
 * checked: numbers, boxes, references between images, annotations and categories, ids that must differ, and, where the
 * folder of images is known, that each is there.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET, if it is none of them, or for errors in it unless `strict` is
 *   false; the signal's reason, if aborted
 */
export async function readDetectionDataset(options: ReadOptions): Promise<DetectionDataset> {
  const { annotations, strict = true } = options;
  const format = options.format ?? (await tellFormat(annotations));
  const list = new ProblemList();
  const read = await readers[format]();
  const { dataset, files } = await read(options, list);
  // YOLO states no sizes: those of the data set were read from the files.
  if (options.checkImages && format !== 'yolo') await compareSizes({ dataset, files }, options, list);
  const problems = list.summary();
  if (strict) throwOnErrors(annotations, problems);
  return { format, dataset, files, problems };
}

/**
 * Tells a data set's format from what is there.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET where it is none
 */
export async function tellFormat(path: string): Promise<DetectionFormat> {
  if (isFolder(path)) return tellFolder(path);
  const start = firstCharacter(path);
  if (/\.(ya?ml|data|names|labels|txt)$/i.test(path)) return 'yolo';
  if (start === '{' || start === '[' || /\.json$/i.test(path)) return 'coco';
  const hint = start === '<' ? '; of Pascal VOC, name the folder of XML files' : '';
  throw new ResnetCocoError('BAD_DATASET', `${path}: neither COCO's JSON nor YOLO's data.yaml${hint}`);
}

async function tellFolder(folder: string): Promise<DetectionFormat> {
  if (await annotationsFolder(folder)) return 'voc';
  if (await findNamesFile(folder)) return 'yolo';
  const names = await listFiles(folder, ['xml', 'json'], 'subfolders');
  if (names.some((name) => /\.xml$/i.test(name))) return 'voc';
  if (names.length) return 'coco';
  throw new ResnetCocoError(
    'BAD_DATASET',
    `${folder}: no data set for detection; looked for COCO's JSON, Pascal VOC's XML files and YOLO's data.yaml or classes.txt`,
  );
}

function firstCharacter(path: string): string {
  const { descriptor } = openFile(path, 'file or folder');
  try {
    const bytes = Buffer.alloc(64);
    const start = bytes.toString('utf8', 0, readAt(descriptor, bytes, 0));
    return start.replace(/^\uFEFF/, '').trim()[0] ?? '';
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    closeSync(descriptor);
  }
}
