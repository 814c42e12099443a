import type { ImageSize } from '../images/image-size.ts';
import { cropRle } from './crop-rle.ts';
import type { Rle } from './rle.ts';

/** A mask of a part of an image as one of the whole image. @param left @param top where the part begins */
export const placeRle = (part: Rle, left: number, top: number, { height, width }: ImageSize): Rle =>
  cropRle(part, { left: -left, top: -top, width, height });
