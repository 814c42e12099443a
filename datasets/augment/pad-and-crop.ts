import { ResnetCocoError } from '../../errors.ts';
import type { Random } from '../../io/random.ts';
import type { Image } from '../images/image.ts';
import { crop } from './crop.ts';

/** torchvision's `RandomCrop` with padding: adds black on each side, then cuts out a random square. */
export interface PadAndCrop {
  readonly kind: 'pad_and_crop';
  /** Pixels on each side; 4 by default, as usual for CIFAR. */
  readonly padding?: number | undefined;
}

/**
 * @param size side of the square
 * @throws ResnetCocoError BAD_CONFIG when the picture is too small
 */
export function padAndCrop(image: Image, { padding = 4 }: PadAndCrop, size: number, random: Random): Image {
  const { width, height } = image;
  const [columns, rows] = [width + 2 * padding - size, height + 2 * padding - size];
  if (columns < 0 || rows < 0) {
    const problem = `pad_and_crop cannot cut ${size}×${size} from a picture of ${width}×${height} with ${padding} around it`;
    throw new ResnetCocoError('BAD_CONFIG', `${problem}; use random_resized_crop, or a smaller size`);
  }
  const top = random.integer(rows + 1) - padding;
  const left = random.integer(columns + 1) - padding;
  return crop(image, { left, top, width: size, height: size });
}
