import type { ImageSource } from '../images/image.ts';

/** Images that each show one of several classes. */
export interface ClassificationDataset {
  /** What kind it is, such as `cifar10`. */
  readonly name: string;
  /** Names by index. */
  readonly classes: readonly string[];
  /** WordNet's ids by index, where the classes are known by them. */
  readonly wnids?: readonly string[];
  readonly length: number;
  /** What is there and not used, for the user to know. */
  readonly notes?: readonly string[];
  /** What an image is called in reports: a path, or `test_batch.bin[12]`. */
  nameOf(index: number): string;
  /** A path, or pixels in memory. */
  image(index: number): ImageSource;
  /** The index of the class that an image shows. */
  label(index: number): number;
}

/** A part of a data set. */
export type Split = 'train' | 'test';
