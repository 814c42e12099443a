import { pathArgument } from '../../io/options.ts';
import { openHandle, unreadable } from '../../io/regular-file.ts';
import { readBmpHeader } from './bmp/decode-bmp.ts';
import { chosenSharp } from './decode.ts';
import type { Orientation } from './exif-orientation.ts';
import { BLOCK, FileWindow, type Window } from './file-window.ts';
import { sniffFormat } from './image-format.ts';
import { JpegMarkers, readJpegHeader, USUAL_SCANS } from './jpeg/jpeg-header.ts';
import { END_OF_IMAGE, jpegSegments, START_OF_SCAN } from './jpeg/jpeg-segments.ts';
import { OrientationTags } from './orientation-tags.ts';
import { CHUNK_HEAD, chunkHead, PngChunks, readPngHeader, SIGNATURE_LENGTH } from './png/png-header.ts';
import { readImage } from './read-image.ts';

/** The size of an image in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A longer chunk of a PNG file is left to the decoder, which has all of the file in memory. */
const MAX_CHUNK_BYTES = 1 << 24;

/** The part before a JPEG's first scan is seldom over a megabyte; beyond this it is left to the decoder. */
const MAX_HEAD_BYTES = 1 << 26;

/** What a file's header states. */
interface Claim {
  readonly size: ImageSize | undefined;
  readonly orientation: Orientation;
  /** Whether the decoder refuses the file because of its header. */
  readonly isRefused: boolean;
}

/** What markers or chunks state. `take` feeds them; what throws here also throws in the decoder. */
async function claimOf(gathered: JpegMarkers | PngChunks, take: () => void | Promise<void>): Promise<Claim> {
  let isRefused = false;
  try {
    await take();
  } catch {
    isRefused = true;
  }
  return { size: gathered.size, orientation: gathered.orientation, isRefused };
}

/** Walks the markers up to the first scan, reading more bytes until it is found. */
async function jpegClaim(file: Window): Promise<Claim | undefined> {
  for (let length = BLOCK; length <= MAX_HEAD_BYTES; length *= 4) {
    const head = await file.read(0, length);
    const markers = new JpegMarkers();
    let isWhole = false;
    const claim = await claimOf(markers, () => {
      for (const segment of jpegSegments(head)) {
        isWhole = segment.marker === START_OF_SCAN || segment.marker === END_OF_IMAGE;
        if (isWhole) return;
        markers.take(segment);
      }
    });
    if (isWhole || claim.isRefused || head.length < length) return claim;
  }
  return undefined;
}

/** Walks all chunks except pixels, since the orientation may come after them. */
async function pngClaim(file: Window): Promise<Claim> {
  const chunks = new PngChunks();
  return await claimOf(chunks, async () => {
    for (let at = SIGNATURE_LENGTH; ; ) {
      chunks.count();
      const head = chunkHead(await file.read(at, CHUNK_HEAD));
      if (!head) return;
      const { length, type } = head;
      if (type === 'IHDR' || OrientationTags.concernsChunk(type)) {
        if (length > MAX_CHUNK_BYTES) throw new Error('a chunk is too long to be looked at');
        const chunk = await file.read(at, length);
        if (chunk.length < length) return;
        chunks.take(type, chunk);
      }
      at += length;
    }
  });
}

async function bmpClaim(file: Window): Promise<Claim | undefined> {
  try {
    const { width, height } = readBmpHeader(await file.read(0, 1 << 12));
    return { size: { width, height }, orientation: 1, isRefused: false };
  } catch {
    return undefined; // damaged; the decoder gives the best message
  }
}

async function claimOfFile(path: string): Promise<Claim | undefined> {
  const file = await openHandle(path);
  try {
    return await claimIn(new FileWindow(file));
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file.close();
  }
}

async function claimIn(window: Window): Promise<Claim | undefined> {
  const format = sniffFormat(await window.read(0, 128));
  if (format === 'jpeg') return await jpegClaim(window);
  if (format === 'bmp') return await bmpClaim(window);
  return format === 'png' ? await pngClaim(window) : undefined;
}

/** The cost of decoding a picture, from its header. */
export interface DecodingCost extends ImageSize {
  /** Number of a JPEG's scans; 1 for other formats. */
  readonly scans: number;
  /**
   * In pixels of an ordinary picture; JPEGs of many scans and deep PNGs count for more. 0 when the decoder refuses it
   * at once.
   */
  readonly work: number;
}

/** Bits per pixel of an ordinary picture. */
const USUAL_BITS = 24;

/**
 * The cost of decoding a picture, before decoding. Headers are read by the decoder's own code, so both see the same
 * picture.
 *
 * @param bytes of a JPEG, PNG or BMP file, or of another format, which needs the optional package `sharp`
 * @returns undefined when no header states it
 */
export async function decodingCost(bytes: Uint8Array): Promise<DecodingCost | undefined> {
  const format = sniffFormat(bytes);
  try {
    if (format === 'jpeg') {
      const header = readJpegHeader(bytes);
      return cost(header, header.scans);
    }
    if (format === 'bmp') return cost(readBmpHeader(bytes));
    if (format === 'png') {
      const header = readPngHeader(bytes);
      return cost(header, 1, header.channels * header.depth);
    }
    const size = format && (await sizeBySharp(bytes));
    return size && cost(size);
  } catch {
    const window = { read: async (position: number, length: number) => bytes.subarray(position, position + length) };
    const size = (await claimIn(window))?.size;
    return size && { ...cost(size), work: 0 };
  }
}

function cost({ height, width }: ImageSize, scans = 1, bits = 0): DecodingCost {
  const work = Math.ceil(width * height * Math.max(1, scans / USUAL_SCANS, bits / USUAL_BITS));
  return { width, height, scans, work };
}

async function sizeBySharp(bytes: Uint8Array): Promise<ImageSize | undefined> {
  const sharp = await chosenSharp();
  const { height, pageHeight, width } = (await sharp?.(bytes).metadata()) ?? {};
  return width && height ? { width, height: pageHeight ?? height } : undefined;
}

/**
 * The size of a file's picture as `readImage` would give it, EXIF orientation applied. For JPEG, PNG and BMP only the
 * header is read; other formats are decoded.
 *
 * @param source a path or a `file:` URL
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
 * @throws ResnetCocoError BAD_IMAGE when it cannot be read
 */
export async function readImageSize(source: string | URL): Promise<ImageSize> {
  const path = pathArgument('readImageSize', 'the image', source);
  const { isRefused, orientation = 1, size } = (await claimOfFile(path)) ?? {};
  if (isRefused || !size?.width || !size.height) {
    // Another format, or damaged; the decoder gives the best message.
    const { width, height } = await readImage(path);
    return { width, height };
  }
  return orientation >= 5 ? { width: size.height, height: size.width } : size;
}
