import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage, ImageId } from '../../datasets/index.ts';
import { type Part, partOf, placeOf } from './held-apart.ts';

/** Fields of categories and annotations beside COCO's, in a data set converted from Pascal VOC. */
interface VocCategory extends CocoCategory {
  readonly coco_name?: string;
}
interface VocAnnotation extends CocoAnnotation {
  readonly ignore?: 0 | 1;
}

/**
 * Pascal VOC's categories under COCO's names. Its `difficult` objects become crowds, which are not trained on and, by
 * COCO's rules, do not count.
 */
export function asCoco(dataset: CocoDataset): CocoDataset {
  const categories = (dataset.categories as readonly VocCategory[]).map(({ coco_name, id, name }) => ({
    id,
    name: coco_name ?? name,
  }));
  const annotations = (dataset.annotations as readonly VocAnnotation[]).map(
    ({ area, bbox, category_id, id, ignore, image_id, iscrowd }) => ({
      id,
      image_id,
      category_id,
      bbox,
      area,
      iscrowd: ignore ? (1 as const) : iscrowd,
    }),
  );
  return { ...dataset, categories, annotations };
}

/** The images of one part with their annotations; `share` is held out. */
export function partOfDataset(dataset: CocoDataset, part: Part, share: number): CocoDataset {
  const images = dataset.images.filter(({ file_name }) => partOf(file_name, share) === part);
  const ids = new Set(images.map(({ id }) => id));
  return { ...dataset, images, annotations: dataset.annotations.filter(({ image_id }) => ids.has(image_id)) };
}

/** Limits the objects of a category. The others become crowds: they are neither cropped nor background. */
export function withFewer(dataset: CocoDataset, most: number): CocoDataset {
  const counts = new Map<number, number>();
  const annotations = [...dataset.annotations]
    .sort((a, b) => placeOf(`${a.id}`) - placeOf(`${b.id}`))
    .map((annotation) => {
      const count = (counts.get(annotation.category_id) ?? 0) + (annotation.iscrowd ? 0 : 1);
      counts.set(annotation.category_id, count);
      return count > most ? { ...annotation, iscrowd: 1 as const } : annotation;
    });
  return { ...dataset, annotations };
}

export interface MergedDatasets {
  readonly dataset: CocoDataset;
  /** Annotations of other categories, and images that had no others. */
  readonly dropped: { readonly annotations: number; readonly images: number };
}

/**
 * Merges data sets, with the named categories. Files become `name/file_name`; images and annotations are renumbered.
 */
export function mergeDatasets(
  datasets: Readonly<Record<string, CocoDataset>>,
  categories: readonly CocoCategory[],
): MergedDatasets {
  const idOf = new Map(categories.map(({ id, name }) => [name, id]));
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const dropped = { annotations: 0, images: 0 };
  for (const [folder, dataset] of Object.entries(datasets)) {
    const nameOf = new Map(dataset.categories.map(({ id, name }) => [id, name]));
    const annotated = new Map<ImageId, CocoAnnotation[]>(dataset.images.map(({ id }) => [id, []]));
    for (const annotation of dataset.annotations) annotated.get(annotation.image_id)?.push(annotation);
    for (const image of dataset.images) {
      const all = annotated.get(image.id) ?? [];
      const kept = all.flatMap((annotation) => {
        const category_id = idOf.get(nameOf.get(annotation.category_id) ?? '');
        return category_id === undefined ? [] : [{ ...annotation, category_id }];
      });
      dropped.annotations += all.length - kept.length;
      if (!kept.length) {
        dropped.images++;
        continue;
      }
      const { file_name, height, width } = image;
      const id = images.length + 1;
      images.push({ id, file_name: `${folder}/${file_name}`, width, height });
      for (const annotation of kept) annotations.push({ ...annotation, id: annotations.length + 1, image_id: id });
    }
  }
  return { dataset: { images, annotations, categories }, dropped };
}
