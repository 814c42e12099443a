import type { Image } from './image.ts';
import type { Region } from './region.ts';

/**
 * How the camera was held: 1 is upright, 2–8 are mirrored and rotated as EXIF numbers them (CIPA DC-008, tag 0x0112).
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export const isOrientation = (value: number | undefined): value is Orientation =>
  Number.isInteger(value) && value! >= 1 && value! <= 8;

const ORIENTATION_TAG = 0x0112;

type Read = (view: DataView, at: number, littleEndian: boolean) => number;
const ratio = (numerator: number, denominator: number): number => numerator / denominator;
/** Size of a value of each TIFF type in bytes, and its reader; types without a reader are not numbers to Pillow. */
const TYPES: Readonly<Record<number, { readonly size: number; readonly read?: Read }>> = {
  1: { size: 1 }, // BYTE
  2: { size: 1 }, // ASCII
  3: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  4: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  5: { size: 8, read: (view, at, little) => ratio(view.getUint32(at, little), view.getUint32(at + 4, little)) },
  6: { size: 1, read: (view, at) => view.getInt8(at) },
  7: { size: 1 }, // UNDEFINED
  8: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  9: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  10: { size: 8, read: (view, at, little) => ratio(view.getInt32(at, little), view.getInt32(at + 4, little)) },
  11: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  12: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  13: { size: 4, read: (view, at, little) => view.getUint32(at, little) }, // IFD
  16: { size: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
};

/**
 * Finds the orientation in a TIFF block as EXIF stores it: a number of any type, as in Pillow. Of several numbers the
 * first counts, of several such tags the last. An entry that points outside the block ends the search.
 *
 * @returns NaN when the tag has no number or this is not a TIFF block; undefined when there is no such tag
 */
export function readOrientationTag(tiff: Uint8Array): number | undefined {
  if (tiff.length < 8) return Number.NaN;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  if (!little && view.getUint16(0) !== 0x4d4d) return Number.NaN;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  let value: number | undefined;
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.length; i++, at += 12) {
    const type = TYPES[view.getUint16(at + 2, little)];
    const count = view.getUint32(at + 4, little);
    if (!type || count === 0) continue;
    const length = type.size * count;
    const place = length > 4 ? view.getUint32(at + 8, little) : at + 8;
    if (place + length > tiff.length) break;
    if (view.getUint16(at, little) === ORIENTATION_TAG) value = type.read?.(view, place, little) ?? Number.NaN;
  }
  return value;
}

/** Where the first upright pixel is in the stored picture, and the steps to its next column and row. */
function stepsOf({ height, width }: Pick<Image, 'width' | 'height'>, orientation: Orientation) {
  const last = width * height - 1;
  const lastRow = last - width + 1;
  return [
    [0, 1, width],
    [width - 1, -1, width],
    [last, -1, -width],
    [lastRow, 1, -width],
    [0, width, 1],
    [lastRow, -width, 1],
    [last, -width, -1],
    [width - 1, width, -1],
  ][orientation - 1];
}

/** The size of a stored picture once it is upright. */
export const uprightSize = (
  { height, width }: Pick<Image, 'width' | 'height'>,
  orientation: Orientation,
): Pick<Image, 'width' | 'height'> => (orientation >= 5 ? { width: height, height: width } : { width, height });

/** Where the pixels of a region of the upright picture are in the stored one. */
export function storedRegion(
  { height, left, top, width }: Region,
  stored: Pick<Image, 'width' | 'height'>,
  orientation: Orientation,
): Region {
  const [start, right, down] = stepsOf(stored, orientation);
  const corners = [
    [left, top],
    [left + width - 1, top + height - 1],
  ].map(([x, y]) => start + x * right + y * down);
  const columns = corners.map((pixel) => pixel % stored.width);
  const rows = corners.map((pixel) => Math.floor(pixel / stored.width));
  const turned = orientation >= 5;
  return {
    left: Math.min(...columns),
    top: Math.min(...rows),
    width: turned ? height : width,
    height: turned ? width : height,
  };
}

/** Rotates a picture upright. */
export function orient(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { data } = image;
  const [start, right, down] = stepsOf(image, orientation);
  const { height: outHeight, width: outWidth } = uprightSize(image, orientation);
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
