import type { Image } from '../image.ts';
import { decodeWithTurbo, type Turbo } from '../turbo-decoder.ts';
import { decodeJpegFrame } from './jpeg-decoder.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { withoutJunk } from './jpeg-segments.ts';

/**
 * Decodes a JPEG file of one component (gray), three (YCbCr, RGB) or four (CMYK and YCCK as Adobe stores them).
 * Orientation is not applied.
 *
 * @param turbo decodes gray and color, if given; what it refuses, and CMYK, is decoded here
 * @throws Error with the reason when the file is damaged or not supported
 */
export async function decodeJpeg(bytes: Uint8Array, header: JpegHeader, turbo?: Turbo): Promise<Image> {
  const { components, coding, end } = header;
  const file = bytes.subarray(0, end);
  if (turbo && components.length !== 4) {
    // Turbo stops at junk between markers, which other decoders skip. After a warning, a file whose last row is black
    // is decoded again below: nothing else tells whether turbo reached the end.
    const image = decodeWithTurbo(turbo, withoutJunk(file));
    if (image) return image;
  }
  if (coding === 'arithmetic' || coding === 'lossless') {
    const kind = components.length === 4 ? 'four inks in ' : '';
    throw new Error(`${kind}${coding} coding ${turbo ? 'cannot be read' : 'is read by the decoder wasm alone'}`);
  }
  return decodeJpegFrame(file, header);
}
