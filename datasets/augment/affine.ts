/**
 * Shear, translation and rotation as torchvision does them with Pillow: the picture keeps its size, new pixels are
 * black.
 */
import type { Image } from '../images/image.ts';
import { crop } from './crop.ts';

export type Interpolation = 'nearest' | 'bilinear';

/** Maps a position in the result to its source: x' = a·x + b·y + c, y' = d·x + e·y + f. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Shifts rows: a pixel of row y comes from `shear`·y farther right. */
export function shearX(image: Image, shear: number, interpolation: Interpolation): Image {
  return transformed(image, [1, Math.tan(sheared(shear)), 0, 0, 1, 0], interpolation);
}

/** Shifts columns: a pixel of column x comes from `shear`·x farther down. */
export function shearY(image: Image, shear: number, interpolation: Interpolation): Image {
  const angle = sheared(shear);
  return transformed(image, [1, 0, 0, Math.sin(angle) / Math.cos(angle), 1, 0], interpolation);
}

/** torchvision takes a shear as an angle in degrees; the conversion and back may change the last bit. */
const sheared = (shear: number): number => Math.atan(shear) * (180 / Math.PI) * (Math.PI / 180);

/** Moves right and down by whole pixels. */
export function translate(image: Image, right: number, down: number): Image {
  const { width, height } = image;
  return crop(image, { left: -right, top: -down, width, height });
}

/** Rotates counterclockwise about the middle. */
export function rotate(image: Image, degrees: number, interpolation: Interpolation): Image {
  if (degrees === 0) return image;
  const angle = -((degrees + 360) % 360) * (Math.PI / 180);
  // Rounded to 15 digits, as in Pillow.
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((value) => Number(value.toFixed(15)));
  const [x, y] = [image.width / 2, image.height / 2];
  return transformed(image, [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y], interpolation);
}

function transformed(image: Image, matrix: Matrix, interpolation: Interpolation): Image {
  const data = interpolation === 'nearest' ? nearest(image, matrix) : bilinear(image, matrix);
  return { width: image.width, height: image.height, data };
}

/** Positions are in whole 2⁻¹⁶ of a pixel, as in Pillow. */
function nearest({ width, height, data }: Image, [a, b, c, d, e, f]: Matrix): Uint8Array {
  const out = new Uint8Array(data.length);
  const fixed = (value: number) => Math.floor(value * 65536 + 0.5);
  const [xByX, xByY, yByX, yByY] = [fixed(a), fixed(b), fixed(d), fixed(e)];
  let rowX = fixed(c + a / 2 + b / 2);
  let rowY = fixed(f + d / 2 + e / 2);
  for (let y = 0, o = 0; y < height; y++, rowX += xByY, rowY += yByY) {
    for (let x = 0, fromX = rowX, fromY = rowY; x < width; x++, o += 3, fromX += xByX, fromY += yByX) {
      const [column, row] = [Math.floor(fromX / 65536), Math.floor(fromY / 65536)];
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const p = (row * width + column) * 3;
      out[o] = data[p];
      out[o + 1] = data[p + 1];
      out[o + 2] = data[p + 2];
    }
  }
  return out;
}

function bilinear({ width, height, data }: Image, [a, b, c, d, e, f]: Matrix): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += 3) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c;
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      const left = Math.floor(fromX - 0.5);
      const top = Math.floor(fromY - 0.5);
      const [shareX, shareY] = [fromX - 0.5 - left, fromY - 0.5 - top];
      const [x0, x1] = [Math.max(left, 0) * 3, Math.min(left + 1, width - 1) * 3];
      const [row0, row1] = [Math.max(top, 0) * width * 3, Math.min(top + 1, height - 1) * width * 3];
      for (let channel = 0; channel < 3; channel++) {
        const upper = between(data[row0 + x0 + channel], data[row0 + x1 + channel], shareX);
        const lower = between(data[row1 + x0 + channel], data[row1 + x1 + channel], shareX);
        out[o + channel] = between(upper, lower, shareY);
      }
    }
  }
  return out;
}

const between = (from: number, to: number, share: number): number => from + (to - from) * share;
