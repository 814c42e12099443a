/** LVIS' JSON: COCO's, with what a federated data set adds (lvisdataset.org/dataset). */
import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage } from '../../datasets/index.ts';

/** In how many training images a category is: rare, up to 10; common, up to 100; frequent. */
export type Frequency = 'r' | 'c' | 'f';

/** A category, as LVIS's JSON has it. */
export interface LvisCategory extends CocoCategory {
  readonly frequency: Frequency;
}

/** An image, as LVIS's JSON has it. */
export interface LvisImage extends CocoImage {
  /** Categories that are known not to be in the image. */
  readonly neg_category_ids: readonly number[];
  /** Categories of which the image may have more objects than are annotated. */
  readonly not_exhaustive_category_ids: readonly number[];
}

/** An object of an image, as LVIS's JSON has it. */
export interface LvisAnnotation extends CocoAnnotation {
  /** 1: the object neither counts nor does a detection of it. */
  readonly ignore?: 0 | 1;
}

/** The ground truth, as LVIS's JSON has it. */
export interface LvisDataset extends CocoDataset {
  readonly images: readonly LvisImage[];
  readonly annotations: readonly LvisAnnotation[];
  readonly categories: readonly LvisCategory[];
}
