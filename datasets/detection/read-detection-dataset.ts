import type { DetectionSource, FoundDataset } from './detection-source.ts';
import { type DetectionFormat, formats, tellFormat } from './formats.ts';
import { compareSizes } from './measure-image.ts';
import { type DatasetProblems, ProblemList, throwOnErrors } from './problems.ts';

/** Settings of `readDetectionDataset`. */
export interface ReadOptions extends DetectionSource {
  /** Detected from the content by default. */
  readonly format?: DetectionFormat;
  /** By default errors are thrown. With `false`, unusable parts are left out and listed in `problems`. */
  readonly strict?: boolean;
  /** Open each image and compare its size with the annotated one. */
  readonly checkImages?: boolean;
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
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when the format is none of these, or when there are errors and `strict` is not
 *   false; the signal's reason when aborted
 */
export async function readDetectionDataset(options: ReadOptions): Promise<DetectionDataset> {
  const { annotations, strict = true } = options;
  const format = options.format ?? (await tellFormat(annotations));
  const list = new ProblemList();
  const { read, statesSizes } = formats[format];
  const { dataset, files } = await read(options, list);
  if (options.checkImages && statesSizes) await compareSizes({ dataset, files }, options, list);
  const problems = list.summary();
  if (strict) throwOnErrors(annotations, problems);
  return { format, dataset, files, problems };
}
