import type { DetectionSource, FoundDataset } from './detection-source.ts';
import { type DetectionFormat, formats, tellFormat } from './formats.ts';
import { compareSizes } from './measure-image.ts';
import { type DatasetProblems, ProblemList, throwOnErrors } from './problems.ts';

/** Settings of `readDetectionDataset`. */
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
  const { read, statesSizes } = formats[format];
  const { dataset, files } = await read(options, list);
  if (options.checkImages && statesSizes) await compareSizes({ dataset, files }, options, list);
  const problems = list.summary();
  if (strict) throwOnErrors(annotations, problems);
  return { format, dataset, files, problems };
}
