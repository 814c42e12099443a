import { checkArgument } from '../../io/options.ts';
import { type Spread, spreadOf } from '../spread.ts';
import type { CocoDataset } from './coco/coco-format.ts';
import { isEmptySegmentation } from './coco/empty-segmentation.ts';

/** How many objects of a category a data set has. */
export interface CategorySummary {
  readonly id: number;
  readonly name: string;
  readonly annotations: number;
  /** Number of images with this category. */
  readonly images: number;
}

/** Summary of a detection data set. */
export interface DetectionSummary {
  readonly images: number;
  readonly annotations: number;
  readonly categories: number;
  /** Annotations with `iscrowd`. */
  readonly crowds: number;
  /** Annotations with a polygon or mask. */
  readonly masks: number;
  readonly imagesWithoutObjects: number;
  /** Of the images, in pixels; undefined when there are no images. */
  readonly width: Spread | undefined;
  readonly height: Spread | undefined;
  readonly objectsPerImage: Spread | undefined;
  /** By `area`, as in COCO's scores: below 32², below 96², the rest; crowds are left out. */
  readonly sizes: { readonly small: number; readonly medium: number; readonly large: number };
  /** The most frequent first. */
  readonly perCategory: readonly CategorySummary[];
}

const SMALL = 32 ** 2;
const MEDIUM = 96 ** 2;

/** Counts the images, objects and categories of a data set. */
export function summarizeDetection(dataset: CocoDataset): DetectionSummary {
  checkArgument('summarizeDetection', 'the data set', dataset, 'object');
  const { images, annotations, categories } = dataset;
  const perImage = new Map(images.map(({ id }) => [id, 0]));
  const perCategory = new Map(categories.map(({ id }) => [id, { annotations: 0, images: new Set() }]));
  const sizes = { small: 0, medium: 0, large: 0 };
  let [crowds, masks] = [0, 0];
  for (const { image_id, category_id, area, iscrowd, segmentation } of annotations) {
    perImage.set(image_id, perImage.get(image_id)! + 1);
    const category = perCategory.get(category_id)!;
    category.annotations++;
    category.images.add(image_id);
    // Files of plain boxes have empty lists of polygons.
    if (!isEmptySegmentation(segmentation)) masks++;
    if (iscrowd) crowds++;
    else sizes[area < SMALL ? 'small' : area < MEDIUM ? 'medium' : 'large']++;
  }
  const counts = [...perImage.values()];
  return {
    images: images.length,
    annotations: annotations.length,
    categories: categories.length,
    crowds,
    masks,
    imagesWithoutObjects: counts.filter((count) => count === 0).length,
    width: spreadOf(images.map(({ width }) => width)),
    height: spreadOf(images.map(({ height }) => height)),
    objectsPerImage: spreadOf(counts),
    sizes,
    perCategory: categories
      .map(({ id, name }) => {
        const found = perCategory.get(id)!;
        return { id, name, annotations: found.annotations, images: found.images.size };
      })
      .sort((a, b) => b.annotations - a.annotations),
  };
}
