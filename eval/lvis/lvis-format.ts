/** LVIS' JSON: COCO's, with the fields of a federated data set (lvisdataset.org/dataset). */
import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage } from '../../datasets/index.ts';

/** By number of training images with the category: rare up to 10, common up to 100, frequent above. */
export type Frequency = 'r' | 'c' | 'f';

/** A category in LVIS's JSON. */
export interface LvisCategory extends CocoCategory {
  readonly frequency: Frequency;
}

/** An image in LVIS's JSON. */
export interface LvisImage extends CocoImage {
  /** Categories known to be absent from the image. */
  readonly neg_category_ids: readonly number[];
  /** Categories of which the image may have objects that are not annotated. */
  readonly not_exhaustive_category_ids: readonly number[];
}

/** An object of an image in LVIS's JSON. */
export interface LvisAnnotation extends CocoAnnotation {
  /** 1: neither the object nor a detection of it counts. */
  readonly ignore?: 0 | 1;
}

/** The ground truth in LVIS's JSON. */
export interface LvisDataset extends CocoDataset {
  readonly images: readonly LvisImage[];
  readonly annotations: readonly LvisAnnotation[];
  readonly categories: readonly LvisCategory[];
}
