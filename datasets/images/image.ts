import type { ImageFormat } from './image-format.ts';

/** A picture in memory: RGB, 8 bits per channel, row by row (height × width × 3). */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A path, a `file:` URL, the bytes of an image file, or a decoded picture. */
export type ImageSource = string | URL | Uint8Array | Image;

/** A picture and the format of its file; null for a picture from memory. */
export interface DecodedImage extends Image {
  readonly format: ImageFormat | null;
}

/**
 * Larger pictures are refused by their header before decoding: a few hundred bytes can claim gigabytes. At this size
 * Pillow raises its DecompressionBombError.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;
