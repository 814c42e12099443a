/**
 * Pillow's `ImageEnhance`: each blends a picture with a degenerate version of itself: away from it for factors above 1,
 * towards it below 1 (at 0 nothing else is left). A factor of 1 changes nothing.
 */
import type { Image } from '../images/image.ts';
import { blend } from './blend.ts';
import { gray } from './gray.ts';
import { mapped } from './tones.ts';

/** All levels; enhancing these once serves all pixels. */
const LEVELS = Uint8Array.from({ length: 256 }, (_, level) => level);

function awayFromLevel(image: Image, dull: number, factor: number): Image {
  const table = blend(new Uint8Array(256).fill(dull), LEVELS, factor);
  return mapped(image, [table, table, table]);
}

/** Away from black. */
export function adjustBrightness(image: Image, factor: number): Image {
  return awayFromLevel(image, 0, factor);
}

/** Away from the mean gray level. */
export function adjustContrast(image: Image, factor: number): Image {
  const levels = gray(image);
  let sum = 0;
  for (const level of levels) sum += level;
  return awayFromLevel(image, Math.trunc(sum / levels.length + 0.5), factor);
}

/** Away from gray. */
export function adjustSaturation({ width, height, data }: Image, factor: number): Image {
  const dull = new Uint8Array(data.length);
  const levels = gray({ width, height, data });
  for (let i = 0, p = 0; i < levels.length; i++) dull[p++] = dull[p++] = dull[p++] = levels[i];
  return { width, height, data: blend(dull, data, factor) };
}

/** Away from the smoothed picture. */
export function adjustSharpness(image: Image, factor: number): Image {
  const { width, height, data } = image;
  return { width, height, data: blend(smoothed(image), data, factor) };
}

/** Pillow's filter `SMOOTH`: a pixel's neighbors plus five times itself, over 13. Border pixels are unchanged. */
function smoothed({ width, height, data }: Image): Uint8Array {
  const out = new Uint8Array(data);
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const [above, below] = [i - row, i + row];
      const sides = data[above] + data[i - 3] + data[i + 3] + data[below];
      const corners = data[above - 3] + data[above + 3] + data[below - 3] + data[below + 3];
      out[i] = (sides + corners + 5 * data[i]) / 13 + 0.5;
    }
  }
  return out;
}
