import type { ImageSize, ObjectMask } from '../../../datasets/index.ts';

/** All pixels of the image: [H, W]. */
export function wholeMask({ data, left, top, width, height }: ObjectMask, image: ImageSize): Uint8Array {
  const whole = new Uint8Array(image.height * image.width);
  for (let y = 0; y < height; y++) {
    whole.set(data.subarray(y * width, (y + 1) * width), (top + y) * image.width + left);
  }
  return whole;
}
