/** Augmentations of a picture's objects. G: objects. */
import { type Boxes, clipBoxes, gatherBoxes, rowsWithArea } from '../detection/boxes.ts';
import type { Image } from '../images/image.ts';
import type { Region } from '../images/resize.ts';
import { crop } from './crop.ts';
import { flipHorizontally } from './horizontal-flip.ts';

/** Objects in a picture. */
export interface BoxedObjects {
  /** [G, 4], in pixels of the picture. */
  readonly boxes: Boxes;
  /** [G], classes. */
  readonly labels: Int32Array;
}

/** A picture and the objects in it. */
export interface BoxedPicture extends BoxedObjects {
  readonly image: Image;
}

/** Mirrors left and right. */
export function flipPicture({ boxes, image, labels }: BoxedPicture): BoxedPicture {
  const flipped = new Float32Array(boxes);
  for (let b = 0; b < boxes.length; b += 4) {
    flipped[b] = image.width - boxes[b + 2];
    flipped[b + 2] = image.width - boxes[b];
  }
  return { image: flipHorizontally(image), boxes: flipped, labels };
}

/** Crops a picture. Objects are clipped; those without area are dropped. */
export function cropPicture({ boxes, image, labels }: BoxedPicture, region: Region): BoxedPicture {
  const moved = new Float32Array(boxes);
  for (let i = 0; i < moved.length; i += 2) {
    moved[i] -= region.left;
    moved[i + 1] -= region.top;
  }
  return { image: crop(image, region), ...withArea({ boxes: clipBoxes(moved, region), labels }) };
}

/** The objects of the given rows. */
export const chosenObjects = ({ boxes, labels }: BoxedObjects, rows: Int32Array): BoxedObjects => ({
  boxes: gatherBoxes(boxes, rows),
  labels: rows.map((row) => labels[row]),
});

/** The objects with a width and a height above 0. */
export const withArea = (objects: BoxedObjects): BoxedObjects => chosenObjects(objects, rowsWithArea(objects.boxes));
