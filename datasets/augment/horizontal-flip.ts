import type { Image } from '../images/image.ts';

/** torchvision's `RandomHorizontalFlip`. */
export interface RandomHorizontalFlip {
  readonly kind: 'random_horizontal_flip';
  /** Probability; ½ by default. */
  readonly p?: number | undefined;
}

/** Mirrors left and right. */
export function flipHorizontally({ width, height, data }: Image): Image {
  const out = new Uint8Array(data.length);
  for (let y = 0, p = 0; y < height; y++) {
    for (let o = (y + 1) * width * 3 - 3; o >= y * width * 3; o -= 3, p += 3) {
      out[o] = data[p];
      out[o + 1] = data[p + 1];
      out[o + 2] = data[p + 2];
    }
  }
  return { width, height, data: out };
}
