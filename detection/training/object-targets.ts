import { type CocoAnnotation, type DetectionSample, usableSegmentation } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { ImageSize } from '../ops/boxes.ts';

/** What is learned of objects besides their boxes; nothing by default. */
export interface ObjectTargets {
  readonly masks?: boolean | undefined;
  /** How many keypoints each object has. */
  readonly keypoints?: number | undefined;
}

/**
 * Masks and keypoints of the objects of an image, where they are learned. An object without pixels or without labeled
 * keypoints has undefined in their place, and is trained on for its box.
 *
 * @throws ResnetCocoError BAD_DATASET, naming the annotation
 */
export function objectTargets(
  annotations: readonly CocoAnnotation[],
  image: ImageSize,
  { keypoints, masks }: ObjectTargets,
): Pick<DetectionSample, 'segmentations' | 'keypoints'> {
  return {
    ...(masks && { segmentations: annotations.map((annotation) => segmentationOf(annotation, image)) }),
    ...(keypoints !== undefined && { keypoints: annotations.map((annotation) => keypointsOf(annotation, keypoints)) }),
  };
}

function segmentationOf({ id, image_id, segmentation }: CocoAnnotation, image: ImageSize) {
  try {
    return usableSegmentation(segmentation, image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ResnetCocoError(
      'BAD_DATASET',
      `annotation ${id} of image ${image_id}: segmentation: ${reason}; correct it, or leave it out`,
      { cause: error },
    );
  }
}

function keypointsOf({ id, image_id, keypoints }: CocoAnnotation, count: number): readonly number[] | undefined {
  if (!keypoints?.length) return undefined;
  if (keypoints.length === count * 3) return keypoints.some((v, i) => i % 3 === 2 && v > 0) ? keypoints : undefined;
  throw new ResnetCocoError(
    'BAD_DATASET',
    `annotation ${id} of image ${image_id}: keypoints are ${keypoints.length} numbers; expected x, y and v of ${count} keypoints, ${count * 3} numbers; correct it, or leave it out`,
  );
}

/** Fields of annotations, besides the box, that these samples are learned from. */
export const learnedFields = ([first]: readonly DetectionSample[]): ('segmentation' | 'keypoints')[] => [
  ...(first?.segmentations ? (['segmentation'] as const) : []),
  ...(first?.keypoints ? (['keypoints'] as const) : []),
];

/**
 * Says how many objects there are to learn from, and what is missing: "1,203 objects, 17 without a mask, 5 crowds left
 * out".
 *
 * @param annotations of the data set
 */
export function describeObjects(
  samples: readonly DetectionSample[],
  annotations: readonly Pick<CocoAnnotation, 'iscrowd'>[],
): string {
  const sum = (count: (sample: DetectionSample) => number) => samples.reduce((total, one) => total + count(one), 0);
  const missing = (list: readonly unknown[] | undefined) => list?.filter((target) => target === undefined).length ?? 0;
  const number = (value: number) => value.toLocaleString('en');
  const masks = sum(({ segmentations }) => missing(segmentations));
  const keypoints = sum(({ keypoints: points }) => missing(points));
  const crowds = annotations.filter(({ iscrowd }) => iscrowd).length;
  return [
    `${number(sum(({ labels }) => labels.length))} objects`,
    ...(masks ? [`${number(masks)} without a mask`] : []),
    ...(keypoints ? [`${number(keypoints)} without keypoints`] : []),
    ...(crowds ? [`${number(crowds)} ${crowds === 1 ? 'crowd' : 'crowds'} left out`] : []),
  ].join(', ');
}
