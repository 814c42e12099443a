/** Augmentations of a picture's objects. G: objects. */
import { type Boxes, clipBoxes, gatherBoxes, rowsWithArea } from '../detection/boxes.ts';
import type { CocoSegmentation } from '../detection/coco/coco-format.ts';
import type { Image } from '../images/image.ts';
import type { Region } from '../images/region.ts';
import { crop } from './crop.ts';
import { flipHorizontally } from './horizontal-flip.ts';
import { cropKeypoints, mirrorKeypoints } from './keypoints.ts';
import { croppedView, mirroredView, type View } from './view.ts';

/** Objects in a picture. Masks and keypoints are there only for a model that learns them. */
export interface BoxedObjects {
  /** [G, 4], in pixels of the picture. */
  readonly boxes: Boxes;
  /** [G], classes. */
  readonly labels: Int32Array;
  /** [G], in pixels of the picture in the file; undefined for an object without a mask. */
  readonly segmentations?: readonly (CocoSegmentation | undefined)[];
  /** [G], x, y, v of each keypoint in pixels of the picture; undefined for an object without keypoints. */
  readonly keypoints?: readonly (ArrayLike<number> | undefined)[];
}

/** A picture and the objects in it. */
export interface BoxedPicture extends BoxedObjects {
  readonly image: Image;
  /** What the picture shows of that in the file. */
  readonly view: View;
}

/**
 * Mirrors left and right.
 *
 * @param sources for each keypoint, which one takes its place
 */
export function flipPicture(picture: BoxedPicture, sources: readonly number[] = []): BoxedPicture {
  const { boxes, image, view } = picture;
  const flipped = new Float32Array(boxes);
  for (let b = 0; b < boxes.length; b += 4) {
    flipped[b] = image.width - boxes[b + 2];
    flipped[b + 2] = image.width - boxes[b];
  }
  const objects = withKeypoints(picture, (points) => mirrorKeypoints(points, image.width, sources));
  return { ...objects, image: flipHorizontally(image), view: mirroredView(view), boxes: flipped };
}

/** Crops a picture. Objects are clipped; those without area are dropped. */
export function cropPicture(picture: BoxedPicture, region: Region): BoxedPicture {
  const { boxes, image, view } = picture;
  const moved = new Float32Array(boxes);
  for (let i = 0; i < moved.length; i += 2) {
    moved[i] -= region.left;
    moved[i + 1] -= region.top;
  }
  const objects = withKeypoints(picture, (points) => cropKeypoints(points, region));
  return {
    image: crop(image, region),
    view: croppedView(view, region),
    ...withArea({ ...objects, boxes: clipBoxes(moved, region) }),
  };
}

/** The objects of the given rows. */
export function chosenObjects(objects: BoxedObjects, rows: Int32Array): BoxedObjects {
  const { boxes, keypoints, labels, segmentations } = objects;
  const chosen = <T>(list: readonly T[]): T[] => Array.from(rows, (row) => list[row]);
  return {
    boxes: gatherBoxes(boxes, rows),
    labels: rows.map((row) => labels[row]),
    ...(segmentations && { segmentations: chosen(segmentations) }),
    ...(keypoints && { keypoints: chosen(keypoints) }),
  };
}

/** The objects with a width and a height above 0. */
export const withArea = (objects: BoxedObjects): BoxedObjects => chosenObjects(objects, rowsWithArea(objects.boxes));

/** The objects with their keypoints changed, if they have any. */
function withKeypoints<T extends BoxedObjects>(objects: T, change: (points: ArrayLike<number>) => Float32Array): T {
  const { keypoints } = objects;
  return keypoints ? { ...objects, keypoints: keypoints.map((points) => points && change(points)) } : objects;
}
