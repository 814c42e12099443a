import type { Image } from '../images/image.ts';

/** Pillow's `convert('L')`: ITU-R 601-2 luma, with weights over 2¹⁶. One byte per pixel. */
export function gray({ data }: Image): Uint8Array {
  const levels = new Uint8Array(data.length / 3);
  for (let i = 0, p = 0; i < levels.length; i++, p += 3) {
    levels[i] = (data[p] * 19595 + data[p + 1] * 38470 + data[p + 2] * 7471 + 0x8000) >> 16;
  }
  return levels;
}
