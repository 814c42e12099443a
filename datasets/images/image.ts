import type { ImageFormat } from './image-format.ts';

/** A picture in memory: RGB, 8 bits a channel, row by row (height × width × 3). */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A path, a `file:` URL, the bytes of an image file, or a picture that is decoded already. */
export type ImageSource = string | URL | Uint8Array | Image;

/** A picture and the format of the file it was in; null for one that came decoded. */
export interface DecodedImage extends Image {
  readonly format: ImageFormat | null;
}

/**
 * Larger pictures are refused from their header, before anything is decoded: a few hundred bytes can claim gigabytes.
 * It is the size at which Pillow raises its DecompressionBombError.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;
