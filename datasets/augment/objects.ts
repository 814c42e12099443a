/** What becomes of the objects of a picture when the picture is varied. G: objects. */
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

/** Left and right change places. */
export function flipPicture({ boxes, image, labels }: BoxedPicture): BoxedPicture {
  const flipped = new Float32Array(boxes);
  for (let b = 0; b < boxes.length; b += 4) {
    flipped[b] = image.width - boxes[b + 2];
    flipped[b + 2] = image.width - boxes[b];
  }
  return { image: flipHorizontally(image), boxes: flipped, labels };
}

/** A part of a picture. Objects are cut at its border; those of which nothing is left are gone. */
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

/** Those objects that have a width and a height. */
export const withArea = (objects: BoxedObjects): BoxedObjects => chosenObjects(objects, rowsWithArea(objects.boxes));
