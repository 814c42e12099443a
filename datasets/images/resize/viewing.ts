/** Sizes of pictures that people look at. */
import type { Image } from '../image.ts';
import { resizeAntialiased } from './antialiased.ts';

/** The image, reduced to a longer side of at most `side` pixels if needed. */
export function shrunk(image: Image, side: number): Image {
  const scale = side / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const scaled = (size: number) => Math.max(1, Math.round(size * scale));
  return resizeAntialiased(image, scaled(image.width), scaled(image.height));
}

/** Pictures with a longer side below this are enlarged for viewing, to at least `LEGIBLE` pixels. */
export const SMALL = 160;
const LEGIBLE = 320;

/** The factor by which a picture is enlarged for viewing; 1 for all but small ones. */
export function enlargement({ width, height }: { readonly width: number; readonly height: number }): number {
  const longer = Math.max(width, height);
  return longer < SMALL ? Math.ceil(LEGIBLE / longer) : 1;
}

/** The picture with each pixel as a square of `factor` × `factor`. */
export function enlarged(image: Image, factor: number): Image {
  if (factor === 1) return image;
  const [width, height] = [image.width * factor, image.height * factor];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++, to += 3) {
      const from = 3 * (row + Math.floor(x / factor));
      data[to] = image.data[from];
      data[to + 1] = image.data[from + 1];
      data[to + 2] = image.data[from + 2];
    }
  }
  return { ...image, width, height, data };
}
