import { checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import { isFolder } from '../../io/regular-file.ts';
import type { DetectionSource, FoundDataset } from './detection-source.ts';
import { type DetectionFormat, detectionFormats, formats, othersIn, tellFormat } from './formats.ts';
import { compareSizes } from './measure-image.ts';
import { type DatasetProblems, ProblemList, throwOnErrors } from './problems.ts';

/** Settings of `readDetectionDataset`. */
export interface ReadOptions extends Omit<DetectionSource, 'annotations' | 'images'> {
  /**
   * A path or a `file:` URL. COCO: the JSON file, or a folder with one. VOC: the folder with `Annotations/`, or a folder
   * of XML files. YOLO: `data.yaml`, its folder, or a folder of labels.
   */
  readonly annotations: string | URL;
  /** The folder of images; by default one of the usual places beside the annotations. */
  readonly images?: string | URL;
  /** Detected from the content by default. */
  readonly format?: DetectionFormat;
  /** By default errors are thrown. With `false`, unusable parts are left out and listed in `problems`. */
  readonly strict?: boolean;
  /** Open each image and compare its size with the annotated one. */
  readonly checkImages?: boolean;
}

export const readOptionKinds: OptionKinds<ReadOptions> = {
  annotations: 'path',
  images: 'path',
  split: 'text',
  signal: 'signal',
  format: detectionFormats,
  strict: 'boolean',
  checkImages: 'boolean',
};

/** The options with plain paths. */
export function withPaths<T extends Pick<ReadOptions, 'annotations' | 'images'>>(
  call: string,
  { annotations, images, ...options }: T,
) {
  return {
    ...options,
    annotations: pathArgument(call, '`annotations`', annotations),
    ...(images === undefined ? {} : { images: pathArgument(call, '`images`', images) }),
  };
}

/** A detection data set of any format, in COCO's form. */
export interface DetectionDataset extends FoundDataset {
  readonly format: DetectionFormat;
  readonly problems: DatasetProblems;
}

/**
 * Reads a detection data set: COCO's JSON, Pascal VOC's XML files or YOLO's label files. Checks numbers, boxes, unique
 * ids, and the references between images, annotations and categories. When the folder of images is known, it checks
 * that each image exists.
 *
 * @throws ResnetCocoError USAGE when an option is unknown or of another kind
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when the format is none of these, or when there are errors and `strict` is not
 *   false; the signal's reason when aborted
 */
export async function readDetectionDataset(options: ReadOptions): Promise<DetectionDataset> {
  const call = 'readDetectionDataset';
  checkOptions(call, options, readOptionKinds, ['annotations']);
  return await readSource(withPaths(call, options));
}

/** Settings of `readSource`. */
export type SourceOptions = DetectionSource & Omit<ReadOptions, keyof DetectionSource>;

/** `readDetectionDataset` of options that are checked. */
export async function readSource(options: SourceOptions): Promise<DetectionDataset> {
  const { annotations, strict = true } = options;
  const format = options.format ?? (await tellFormat(annotations));
  const list = new ProblemList();
  if (options.format === undefined && isFolder(annotations)) await tellOthers(annotations, format, list);
  const { read, statesSizes } = formats[format];
  const { dataset, files } = await read(options, list);
  if (options.checkImages && statesSizes) await compareSizes({ dataset, files }, options, list);
  const problems = list.summary();
  if (strict) throwOnErrors(annotations, problems);
  return { format, dataset, files, problems };
}

/** A folder may have annotations of several formats, of which one is read. */
async function tellOthers(folder: string, format: DetectionFormat, problems: ProblemList): Promise<void> {
  for (const { format: other, files } of await othersIn(folder, format)) {
    const [first] = files;
    const count = files.length === 1 ? `1 file of ${other} is` : `${files.length} files of ${other} are`;
    const message = `the folder is read as ${format}; ${count} not read (${first}${files.length > 1 ? ' …' : ''})`;
    const remedy = formats[other].isFolder ? 'move what is meant to a folder of its own' : 'to read one, name the file';
    problems.warning({ file: folder, kind: 'unused file', message: `${message}; ${remedy}` });
  }
}
