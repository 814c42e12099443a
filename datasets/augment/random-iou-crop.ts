import type { Random } from '../../io/random.ts';
import type { Boxes } from '../detection/boxes.ts';
import type { ImageSize } from '../images/image-size.ts';
import type { Region } from '../images/region.ts';
import { type BoxedPicture, chosenObjects, cropPicture } from './objects.ts';

/**
 * torchvision's `RandomIoUCrop`, from SSD (Liu et al. 2016 §2.2): a crop that overlaps at least one object by a random
 * minimal IoU. Objects with their center in the crop are kept.
 */
export interface RandomIouCrop {
  readonly kind: 'random_iou_crop';
  /** Range of each side's share; 0.3 to 1 by default. */
  readonly scale?: readonly number[] | undefined;
  /** Range of the crop's width share to its height share; ½ to 2 by default. */
  readonly ratio?: readonly number[] | undefined;
}

/** The minimal IoU is drawn from these; 1 keeps the whole picture. */
const LEAST_OVERLAPS = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1];
/** Crops to try for one minimal IoU before another is drawn. */
const TRIES = 40;

/** Draws a crop; undefined for the whole picture. */
export function randomIouRegion(
  size: ImageSize,
  boxes: Boxes,
  { ratio = [0.5, 2], scale = [0.3, 1] }: Omit<RandomIouCrop, 'kind'>,
  random: Random,
): Region | undefined {
  if (!boxes.length) return undefined;
  for (;;) {
    const least = LEAST_OVERLAPS[random.integer(LEAST_OVERLAPS.length)];
    if (least >= 1) return undefined;
    for (let i = 0; i < TRIES; i++) {
      const [shareOfWidth, shareOfHeight] = [random.uniform(scale[0], scale[1]), random.uniform(scale[0], scale[1])];
      const [width, height] = [Math.trunc(size.width * shareOfWidth), Math.trunc(size.height * shareOfHeight)];
      const left = Math.trunc((size.width - width) * random.uniform());
      const top = Math.trunc((size.height - height) * random.uniform());
      const shape = shareOfWidth / shareOfHeight;
      if (shape < ratio[0] || shape > ratio[1] || width < 1 || height < 1) continue;
      const region = { left, top, width, height };
      const overlaps = Array.from(rowsWithin(boxes, region), (row) => overlap(boxes, row, region));
      if (overlaps.length && Math.max(...overlaps) >= least) return region;
    }
  }
}

export function randomIouCrop(picture: BoxedPicture, settings: RandomIouCrop, random: Random): BoxedPicture {
  const region = randomIouRegion(picture.image, picture.boxes, settings, random);
  if (!region) return picture;
  const within = chosenObjects(picture, rowsWithin(picture.boxes, region));
  return cropPicture({ ...picture, ...within }, region);
}

/** Rows of the boxes with their center in the crop. */
function rowsWithin(boxes: Boxes, { height, left, top, width }: Region): Int32Array {
  return Int32Array.from({ length: boxes.length / 4 }, (_, row) => row).filter((row) => {
    const x = (boxes[row * 4] + boxes[row * 4 + 2]) / 2;
    const y = (boxes[row * 4 + 1] + boxes[row * 4 + 3]) / 2;
    return x > left && x < left + width && y > top && y < top + height;
  });
}

/** Intersection over union of a box and the crop. */
function overlap(boxes: Boxes, row: number, { height, left, top, width }: Region): number {
  const [x1, y1, x2, y2] = boxes.subarray(row * 4, row * 4 + 4);
  const across = Math.max(Math.min(x2, left + width) - Math.max(x1, left), 0);
  const down = Math.max(Math.min(y2, top + height) - Math.max(y1, top), 0);
  const intersection = across * down;
  return intersection / ((x2 - x1) * (y2 - y1) + width * height - intersection);
}
