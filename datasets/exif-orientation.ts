import type { Image } from './image.ts';

/** How a camera was held: 1 upright, 2–8 mirrored and turned in the ways that EXIF (CIPA DC-008, tag 0x0112) numbers. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/** Finds the orientation in a TIFF block, as EXIF stores it; 1 if there is none or the block is damaged. */
export function readOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const littleEndian = view.getUint16(0) === 0x4949;
  if (!littleEndian && view.getUint16(0) !== 0x4d4d) return 1;
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, littleEndian);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.length; i++, at += 12) {
    if (view.getUint16(at, littleEndian) !== ORIENTATION_TAG) continue;
    if (view.getUint16(at + 2, littleEndian) !== SHORT) return 1;
    const value = view.getUint16(at + 8, littleEndian);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** Turns a picture upright. */
export function orient(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { width, height, data } = image;
  const last = width * height - 1;
  const lastRow = last - width + 1;
  // Where the upright picture's first pixel lies in the stored one, and the steps to its next column and row.
  const [start, right, down] = [
    [width - 1, -1, width],
    [last, -1, -width],
    [lastRow, 1, -width],
    [0, width, 1],
    [lastRow, -width, 1],
    [last, -width, -1],
    [width - 1, width, -1],
  ][orientation - 2];
  const turned = orientation >= 5;
  const [outWidth, outHeight] = turned ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, o = 0; y < outHeight; y++) {
    for (let x = 0, p = (start + y * down) * 3; x < outWidth; x++, p += right * 3) {
      out[o++] = data[p];
      out[o++] = data[p + 1];
      out[o++] = data[p + 2];
    }
  }
  return { width: outWidth, height: outHeight, data: out };
}
