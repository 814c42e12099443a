import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ResnetCocoError } from '../errors.ts';
import { decodeImage } from './decode.ts';
import type { DecodedImage, Image, ImageSource } from './image.ts';

const MAX_FILE_BYTES = 2 ** 30;

/** What errors and listings call a source. */
export function sourceName(source: ImageSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.protocol === 'file:' ? filePath(source) : source.href;
  return source instanceof Uint8Array ? `image of ${source.length} bytes in memory` : 'image in memory';
}

/**
 * Reads a picture: JPEG, PNG and BMP, and with the optional package `sharp` WebP, AVIF, TIFF and GIF (the first frame) too.
 * The format is told from the content. EXIF orientation is applied, transparency dropped (as Pillow's
 * `convert('RGB')`), colour profiles ignored.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_IMAGE if it is damaged, truncated, too large or of another format
 */
export async function readImage(source: ImageSource): Promise<DecodedImage> {
  if (typeof source === 'string' || source instanceof URL) {
    const path = filePath(source);
    return decodeImage(await readBytes(path), path);
  }
  if (source instanceof Uint8Array) return decodeImage(source, sourceName(source));
  return { ...checkedImage(source), format: (source as Partial<DecodedImage>).format ?? null };
}

/** A picture made by hand must be what it says. @throws ResnetCocoError BAD_IMAGE */
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

/** @throws ResnetCocoError FILE_NOT_FOUND for a URL that leads to no local file */
export function filePath(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  const remedy = 'give a path, a file: URL or the bytes themselves';
  try {
    return fileURLToPath(source);
  } catch (cause) {
    throw new ResnetCocoError('FILE_NOT_FOUND', `${source}: not the URL of a local file; ${remedy}`, { cause });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  const unreadable = (reason: string, cause?: unknown) =>
    new ResnetCocoError('FILE_NOT_FOUND', `${path}: ${reason}`, { cause });
  try {
    const found = await stat(path); // before opening: opening a pipe would wait for its writer
    if (found.isDirectory()) throw unreadable('is a folder, not an image file');
    if (!found.isFile()) throw unreadable('is a device or pipe, not a regular file');
    if (found.size > MAX_FILE_BYTES) {
      throw new ResnetCocoError(
        'BAD_IMAGE',
        `${path}: ${found.size} bytes are too large for an image file (over 1 GiB)`,
      );
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof ResnetCocoError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw unreadable('no such file; check the path', error);
    if (code === 'EACCES' || code === 'EPERM') throw unreadable('permission denied; make it readable', error);
    throw unreadable(`cannot be read (${code ?? message})`, error);
  }
}
