import type { ImageSource } from '../images/image.ts';

/** Images that each show one of several classes. */
export interface ClassificationDataset {
  /** The kind of data set, such as `cifar10`. */
  readonly name: string;
  /** Class names by index. */
  readonly classes: readonly string[];
  /** WordNet ids by index, if the classes have them. */
  readonly wnids?: readonly string[];
  readonly length: number;
  /** Notes for the user on files that are not used. */
  readonly notes?: readonly string[];
  /** The image's name in reports: a path, or `test_batch.bin[12]`. */
  nameOf(index: number): string;
  /** A path, or pixels in memory. */
  image(index: number): ImageSource;
  /** Index of the image's class. */
  label(index: number): number;
}

/** A part of a data set. */
export type Split = 'train' | 'test';
