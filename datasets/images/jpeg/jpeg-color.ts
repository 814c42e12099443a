import type { JpegHeader } from './jpeg-header.ts';

/** The color space of a picture's components, by the rules of libjpeg's `default_decompress_parms`. */
export type JpegColors = 'gray' | 'RGB' | 'YCbCr' | 'CMYK' | 'YCCK';

/** @throws Error when the number of components has no color space */
export function jpegColors({ components, jfif, adobeTransformAt }: JpegHeader, bytes: Uint8Array): JpegColors {
  const transform = adobeTransformAt >= 0 ? bytes[adobeTransformAt] : undefined;
  if (components.length === 1) return 'gray';
  if (components.length === 3) {
    if (jfif) return 'YCbCr';
    if (transform !== undefined) return transform === 0 ? 'RGB' : 'YCbCr';
    return String.fromCharCode(...components.map(({ id }) => id)) === 'RGB' ? 'RGB' : 'YCbCr';
  }
  if (components.length === 4) return transform === undefined || transform === 0 ? 'CMYK' : 'YCCK';
  throw new Error(`it has ${components.length} components; expected gray, three colors or four inks`);
}

/**
 * Converts a row of samples to RGB in libjpeg's integer arithmetic (`jdcolor.c`). CMYK is taken as Adobe stores it,
 * inverted, and mixed by Pillow's plain formula, whatever the file says.
 *
 * @param data RGB, written from `at`
 */
export function writeColors(
  colors: JpegColors,
  rows: readonly Uint8ClampedArray[],
  data: Uint8ClampedArray,
  at: number,
  width: number,
): void {
  const [first, second, third, black] = rows;
  const ycc = colors === 'YCbCr' || colors === 'YCCK';
  for (let x = 0, o = at; x < width; x++, o += 3) {
    if (colors === 'gray') {
      data[o] = data[o + 1] = data[o + 2] = first[x];
    } else if (ycc) {
      const luma = first[x];
      const blue = second[x] - 128;
      const red = third[x] - 128;
      data[o] = luma + ((91881 * red + 32768) >> 16); // 1.402 · 2¹⁶
      data[o + 1] = luma + ((-22554 * blue - 46802 * red + 32768) >> 16); // 0.34414 and 0.71414
      data[o + 2] = luma + ((116130 * blue + 32768) >> 16); // 1.772
    } else {
      data[o] = first[x];
      data[o + 1] = second[x];
      data[o + 2] = third[x];
    }
    if (!black) continue;
    // YCCK has already become the remaining light; stored CMYK is that light too, since Adobe inverts it.
    for (let i = o; i < o + 3; i++) data[i] = inked(colors === 'YCCK' ? data[i] : 255 - data[i], black[x]);
  }
}

/** The light that an ink lets through of the light that black leaves. */
function inked(ink: number, light: number): number {
  const product = ink * light + 128;
  return light - ((product + (product >> 8)) >> 8);
}
