import { damage } from './damage.ts';
import { type Image, MAX_IMAGE_PIXELS } from './image.ts';
import { ycbcrToRgb } from './jpeg-color.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { decodeWithTurbo, type Turbo } from './turbo-decoder.ts';

/** What jpeg-js may allocate: enough for 90 to 150 megapixels, depending on how the chroma is stored. */
const MAX_MEMORY_MB = 2048;

/** The colour model of a file, by the rules of libjpeg's `default_decompress_parms`. */
function isYcbcr({ components, jfif, adobeTransformAt }: JpegHeader, bytes: Uint8Array): boolean {
  if (jfif) return true;
  if (adobeTransformAt >= 0) return bytes[adobeTransformAt] !== 0;
  return String.fromCharCode(...components.map(({ id }) => id)) !== 'RGB';
}

/**
 * Decodes a JPEG file of one (grey), three (YCbCr, RGB) or four (CMYK and YCCK as Adobe stores them) components.
 * Orientation is not applied.
 *
 * @param turbo decodes grey and colour where it is given; what it refuses, and inks, are left to jpeg-js
 * @throws Error with the reason
 */
export async function decodeJpeg(bytes: Uint8Array, header: JpegHeader, turbo?: Turbo): Promise<Image> {
  if (turbo && header.components.length !== 4) {
    try {
      return decodeWithTurbo(turbo, bytes.subarray(0, header.end));
    } catch {
      // It throws a number; jpeg-js tells what is wrong, or reads what is only unusual.
    }
  }
  return decodeWithJpegJs(bytes, header);
}

async function decodeWithJpegJs(bytes: Uint8Array, header: JpegHeader): Promise<Image> {
  const { default: jpeg } = await import('jpeg-js');
  const { components, width, height } = header;
  if (components.length === 4 && header.adobeTransformAt < 0) {
    throw new Error('a CMYK JPEG without Adobe marker is not supported; save it as RGB, or install sharp');
  }
  const maxH = Math.max(...components.map(({ h }) => h));
  const maxV = Math.max(...components.map(({ v }) => v));
  const input = new Uint8Array(bytes.subarray(0, header.end)); // a copy: the next line must not reach the caller
  // jpeg-js leaves three components as they are if it is asked to and no Adobe marker overrules that.
  if (components.length === 3 && header.adobeTransformAt >= 0) input[header.adobeTransformAt] = 0;
  let data: Uint8Array;
  try {
    ({ data } = jpeg.decode(input, {
      useTArray: true,
      formatAsRGBA: false,
      ...(components.length === 3 && { colorTransform: false }),
      tolerantDecoding: true, // lets a grey picture's last restart interval be incomplete; missing data throws all the same
      maxResolutionInMP: MAX_IMAGE_PIXELS / 1e6,
      maxMemoryUsageInMB: MAX_MEMORY_MB,
    }));
  } catch (error) {
    throw damage(error);
  }
  if (components.length === 3 && isYcbcr(header, bytes)) {
    const [, blue, red] = components;
    const sameSampling = blue.h === red.h && blue.v === red.v && components[0].h === maxH && components[0].v === maxV;
    ycbcrToRgb(data, width, height, sameSampling ? maxH / blue.h : 4, sameSampling ? maxV / blue.v : 4);
  }
  return { width, height, data };
}
