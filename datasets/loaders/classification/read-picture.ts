import { closeSync, openSync, readSync } from 'node:fs';
import { statsOf } from '../../../io/regular-file.ts';
import type { Image } from '../../images/image.ts';
import { readImage } from '../../images/read-image.ts';
import { resizeAntialiased } from '../../images/resize/antialiased.ts';
import { sizeByShorterSide } from '../../images/resize-and-crop.ts';
import type { EncodedPicture, FreshPicture } from './batch-job.ts';
import type { CacheEntry } from './cache-segment.ts';
import type { CachedSize } from './cached-size.ts';
import { checksum } from './checksum.ts';

/** A picture, and its entry for the cache if it was decoded. */
export interface ReadPicture {
  readonly image: Image;
  readonly fresh?: FreshPicture;
}

/**
 * Reads a picture from the cache if its entry is undamaged and its file has not changed since; else from its file.
 *
 * @param size how it is shrunk for the cache; undefined to keep the size and use no cache
 * @throws ResnetCocoError as `readImage` does
 */
export async function readPicture(picture: EncodedPicture, size: CachedSize | undefined): Promise<ReadPicture> {
  const { source, cached } = picture;
  if (size === undefined) return { image: await readImage(source) };
  if (typeof source !== 'string') return { image: shrunk(await readImage(source), size) };
  const stats = statsOf(source);
  if (stats && cached?.size === stats.size && cached.mtimeMs === stats.mtimeMs) {
    const pixels = cachedPixels(cached);
    if (pixels) return { image: { width: cached.width, height: cached.height, data: pixels } };
  }
  const image = shrunk(await readImage(source), size);
  if (!stats) return { image };
  const { width, height, data } = image;
  // A buffer of its own can be transferred.
  const pixels = data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
  const fresh = { source, width, height, size: stats.size, mtimeMs: stats.mtimeMs, checksum: checksum(pixels), pixels };
  return { image: { width, height, data: pixels }, fresh };
}

function shrunk(image: Image, { interpolation, side }: CachedSize): Image {
  if (Math.min(image.width, image.height) <= side) return image;
  return resizeAntialiased(image, ...sizeByShorterSide(image, side), { interpolation });
}

/** Undefined when the pixels are damaged or gone. */
function cachedPixels({ file, offset, width, height, checksum: expected }: CacheEntry): Uint8Array | undefined {
  const pixels = new Uint8Array(width * height * 3);
  try {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, pixels, 0, pixels.length, offset);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return checksum(pixels) === expected ? pixels : undefined;
}
