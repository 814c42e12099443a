import type { CocoAnnotation, DetectionDataset, DetectionSample, ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type Labels, labelByCategory } from './labels.ts';
import { type ObjectTargets, objectTargets } from './object-targets.ts';
import { hasUsableBox, trainingObjects } from './training-objects.ts';

/** What of a data set is needed to train. */
export type AnnotatedImages = Pick<DetectionDataset, 'dataset' | 'files'>;

/** Annotations of each image. */
export function annotationsByImage({ dataset }: AnnotatedImages): Map<ImageId, CocoAnnotation[]> {
  const byImage = new Map<ImageId, CocoAnnotation[]>();
  for (const annotation of dataset.annotations) {
    const list = byImage.get(annotation.image_id);
    if (list) list.push(annotation);
    else byImage.set(annotation.image_id, [annotation]);
  }
  return byImage;
}

/**
 * The images to train on, with their objects: without crowds, boxes clipped to the image, and images without a usable box
 * left out, as torchvision's reference has it (`coco_utils.py`).
 *
 * @param targets what is learned of objects besides their boxes
 * @throws ResnetCocoError BAD_DATASET where no file is known, a category is none of the labels, or an annotation has a
 *   malformed mask or another number of keypoints
 */
export function trainingSamples(
  images: AnnotatedImages,
  { categories }: Pick<Labels, 'categories'>,
  targets: ObjectTargets = {},
): DetectionSample[] {
  const { dataset, files } = images;
  if (!files.size && dataset.images.length) {
    throw new ResnetCocoError(
      'BAD_DATASET',
      'none of the images to train on was found; say where they are: `images.files`',
    );
  }
  const labelOf = labelByCategory(dataset.categories, categories, 'the data set to train on');
  const annotations = annotationsByImage(images);
  return dataset.images.flatMap(({ height, id, width }) => {
    const file = files.get(id);
    const own = annotations.get(id) ?? [];
    if (file === undefined || !hasUsableBox(own.filter(({ iscrowd }) => !iscrowd))) return [];
    const { annotations: kept, boxes, labels } = trainingObjects(own, { height, width });
    if (!labels.length) return [];
    return [
      {
        file,
        width,
        height,
        boxes,
        labels: labels.map((category) => labelOf.get(category)!),
        ...objectTargets(kept, { height, width }, targets),
      },
    ];
  });
}
