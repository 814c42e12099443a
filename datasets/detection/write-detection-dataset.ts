import { dirname, resolve } from 'node:path';
import { makeFolder } from '../../io/whole-file.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { writeCoco } from './coco/write-coco.ts';
import type { DetectionFormat } from './detection-source.ts';
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
  if (to === 'coco') {
    await makeFolder(dirname(resolve(out)));
    await writeCoco(out, dataset, options.signal);
  } else if (to === 'voc') await (await import('./voc/write-voc.ts')).writeVoc(out, dataset, options);
  else await (await import('./yolo/write-yolo.ts')).writeYolo(out, dataset, options);
}
