import { checkArgument, checkOptions, type OptionKinds, pathArgument } from '../../io/options.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { type DetectionFormat, detectionFormats, formats } from './formats.ts';
import type { ListOptions } from './output-folder.ts';

export interface WriteOptions extends ListOptions {
  readonly to: DetectionFormat;
  /** A JSON file for COCO, a folder for VOC and YOLO: a path or a `file:` URL. */
  readonly out: string | URL;
}

export const writeOptionKinds: OptionKinds<WriteOptions> = {
  to: detectionFormats,
  out: 'path',
  split: 'text',
  signal: 'signal',
};

/**
 * Writes a data set in one of the formats, each file whole. Existing files in a folder are not overwritten if they
 * differ.
 *
 * @throws ResnetCocoError USAGE when an option is unknown or of another kind
 * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written; the signal's reason when aborted
 */
export async function writeDetectionDataset(dataset: CocoDataset, options: WriteOptions): Promise<void> {
  const call = 'writeDetectionDataset';
  checkArgument(call, 'the data set', dataset, 'object');
  checkOptions(call, options, writeOptionKinds, ['to', 'out']);
  const { to, out, ...rest } = options;
  await formats[to].write(pathArgument(call, '`out`', out), dataset, rest);
}
