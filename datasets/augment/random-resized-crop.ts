import type { Random } from '../../io/random.ts';
import type { Image } from '../images/image.ts';
import type { Region } from '../images/region.ts';
import { type Interpolation, resizeAntialiased } from '../images/resize/antialiased.ts';
import { crop } from './crop.ts';

/** torchvision's `RandomResizedCrop`: a crop of random area and aspect ratio, resized to a square. */
export interface RandomResizedCrop {
  readonly kind: 'random_resized_crop';
  /** Range of the crop's share of the area; 0.08 to 1 by default. */
  readonly scale?: readonly number[] | undefined;
  /** Range of width to height; ¾ to 4⁄3 by default. */
  readonly ratio?: readonly number[] | undefined;
  /** Pillow's filter; `bilinear` by default. */
  readonly interpolation?: Interpolation | undefined;
}

/** A crop is drawn at most this often; then a central one is taken. */
const TRIES = 10;

/** Rounds half to even, as Python does. */
const round = (value: number): number => {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
};

/** The crop to resize. */
export function randomRegion(
  { width, height }: Pick<Image, 'width' | 'height'>,
  { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] }: Omit<RandomResizedCrop, 'kind'>,
  random: Random,
): Region {
  const [narrowest, widest] = ratio;
  for (let i = 0; i < TRIES; i++) {
    const area = width * height * random.uniform(scale[0], scale[1]);
    const shape = Math.exp(random.uniform(Math.log(narrowest), Math.log(widest)));
    const [w, h] = [round(Math.sqrt(area * shape)), round(Math.sqrt(area / shape))];
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const top = random.integer(height - h + 1);
    return { left: random.integer(width - w + 1), top, width: w, height: h };
  }
  // The largest central crop with an allowed aspect ratio; at least one pixel.
  const w = width / height > widest ? Math.max(round(height * widest), 1) : width;
  const h = width / height < narrowest ? Math.max(round(width / narrowest), 1) : height;
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}

/** @param size side of the result */
export function randomResizedCrop(image: Image, settings: RandomResizedCrop, size: number, random: Random): Image {
  const { interpolation } = settings;
  return resizeAntialiased(crop(image, randomRegion(image, settings, random)), size, size, { interpolation });
}
