import type { CocoDataset } from './coco/coco-format.ts';
import { type DetectionFormat, formats } from './formats.ts';
import type { ListOptions } from './output-folder.ts';

export interface WriteOptions extends ListOptions {
  readonly to: DetectionFormat;
  /** A JSON file for COCO, a folder for VOC and YOLO. */
  readonly out: string;
}

/**
 * Writes a data set in one of the formats, each file whole. Existing files in a folder are not overwritten if they
 * differ.
 *
 * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written; the signal's reason when aborted
 */
export async function writeDetectionDataset(
  dataset: CocoDataset,
  { to, out, ...options }: WriteOptions,
): Promise<void> {
  await formats[to].write(out, dataset, options);
}
