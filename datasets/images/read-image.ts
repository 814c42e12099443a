import { ResnetCocoError } from '../../errors.ts';
import { filePath, readBytes } from '../../io/regular-file.ts';
import { decodeImage } from './decode.ts';
import type { DecodedImage, Image, ImageSource } from './image.ts';

/** The name of a source in errors and listings. */
export function sourceName(source: ImageSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.protocol === 'file:' ? filePath(source) : source.href;
  return source instanceof Uint8Array ? `image of ${source.length} bytes in memory` : 'image in memory';
}

/**
 * Reads a picture: JPEG, PNG and BMP, and with the optional package `sharp` WebP, AVIF, TIFF and GIF (the first frame)
 * too. The format is detected from the content. EXIF orientation is applied, transparency dropped (as Pillow's
 * `convert('RGB')`), color profiles are ignored.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
 * @throws ResnetCocoError BAD_IMAGE when it is damaged, truncated, too large or of another format
 */
export async function readImage(source: ImageSource): Promise<DecodedImage> {
  if (typeof source === 'string' || source instanceof URL) {
    const path = filePath(source);
    return decodeImage(await readBytes(path, { code: 'BAD_IMAGE' }), path);
  }
  if (source instanceof Uint8Array) return decodeImage(source, sourceName(source));
  return { ...checkedImage(source), format: (source as Partial<DecodedImage>).format ?? null };
}

/** Checks a picture from memory. @throws ResnetCocoError BAD_IMAGE when its data does not fit its size */
export function checkedImage(image: Image): Image {
  const { width, height, data } = image ?? {};
  const bad = (reason: string) => new ResnetCocoError('BAD_IMAGE', `image in memory: ${reason}`);
  if (!Number.isInteger(width) || !Number.isInteger(height) || !(data instanceof Uint8Array)) {
    throw bad('expected { width, height, data: Uint8Array }, a path, a file: URL or the bytes of an image file');
  }
  if (width < 1 || height < 1) throw bad(`it is ${width}×${height}; both sides must be at least 1`);
  if (data.length !== width * height * 3) {
    const remedy = data.length === width * height * 4 ? 'drop its alpha channel' : 'it must be height × width × 3, RGB';
    throw bad(`data has ${data.length} bytes where ${width}×${height} needs ${width * height * 3}: ${remedy}`);
  }
  return { width, height, data };
}
