import type { CocoAnnotation } from './coco/coco-format.ts';
import { isEmptySegmentation } from './coco/empty-segmentation.ts';

/** A count in words, such as `12 masks`; empty when it is 0. */
export const countedLost = (count: number, one: string, several: string): string[] =>
  count ? [`${count} ${count === 1 ? one : several}`] : [];

/** Counts the annotations with a property, in words; empty when there are none. */
export function countLost<A extends CocoAnnotation>(
  annotations: readonly A[],
  one: string,
  several: string,
  has: (annotation: A) => boolean,
): string[] {
  return countedLost(annotations.filter(has).length, one, several);
}

/** Masks and keypoints, which box formats cannot store. */
export const lostBesideBoxes = (annotations: readonly CocoAnnotation[]): string[] => [
  ...countLost(annotations, 'mask', 'masks', ({ segmentation }) => !isEmptySegmentation(segmentation)),
  ...countLost(annotations, 'set of keypoints', 'sets of keypoints', ({ keypoints }) => keypoints !== undefined),
];
