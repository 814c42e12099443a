import type { CocoDataset } from './coco/coco-format.ts';
import { type DetectionFormat, formats } from './formats.ts';
import type { ListOptions } from './output-folder.ts';

export interface WriteOptions extends ListOptions {
  readonly to: DetectionFormat;
  /** Of COCO a JSON file; of VOC and YOLO a folder. */
  readonly out: string;
}

/**
 * Writes a data set in one of the formats, each file whole. In a folder nothing that is there and differs is written
 * over.
 *
 * @throws ResnetCocoError BAD_DATASET for names that the format cannot hold; FILE_NOT_WRITABLE; the signal's reason, if
 *   aborted
 */
export async function writeDetectionDataset(
  dataset: CocoDataset,
  { to, out, ...options }: WriteOptions,
): Promise<void> {
  await formats[to].write(out, dataset, options);
}
