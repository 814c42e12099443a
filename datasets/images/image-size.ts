import type { FileHandle } from 'node:fs/promises';
import { openHandle, unreadable } from '../../io/regular-file.ts';
import { readBmpHeader } from './bmp/decode-bmp.ts';
import { chosenSharp } from './decode.ts';
import type { Orientation } from './exif-orientation.ts';
import { sniffFormat } from './image-format.ts';
import { isFrame, readJpegHeader, USUAL_SCANS } from './jpeg/jpeg-header.ts';
import { END_OF_IMAGE, jpegSegments, START_OF_SCAN } from './jpeg/jpeg-segments.ts';
import { OrientationTags } from './orientation-tags.ts';
import { MAX_CHUNKS, readPngHeader } from './png/png-header.ts';
import { readImage } from './read-image.ts';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const BLOCK = 1 << 14;
/** A longer text of a PNG file is no tag. */
const MAX_TAGS_BYTES = 1 << 24;

/** Reads here and there: so many bytes from one position on; fewer at the end. */
interface Window {
  read(position: number, length: number): Promise<Uint8Array>;
}

/** A file, a block at a time. */
class FileWindow implements Window {
  readonly #file: FileHandle;
  #start = 0;
  #block = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const from = position - this.#start;
    if (from >= 0 && from + length <= this.#block.length) return this.#block.subarray(from, from + length);
    const buffer = new Uint8Array(Math.max(length, BLOCK));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.#file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    [this.#start, this.#block] = [position, buffer.subarray(0, filled)];
    return this.#block.subarray(0, length);
  }
}

const APP1 = 0xe1;
/** What stands before a JPEG's first scan is seldom over a megabyte; beyond this it is left to the decoder. */
const MAX_HEAD_BYTES = 1 << 26;
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

interface StoredSize extends ImageSize {
  readonly orientation: Orientation;
}

/** Walks the markers up to the first scan, as `readJpegHeader` does of a whole file, in ever more bytes until it is there. */
async function jpegSize(file: Window): Promise<StoredSize | undefined> {
  for (let length = BLOCK; length <= MAX_HEAD_BYTES; length *= 4) {
    const head = await file.read(0, length);
    const { isWhole, size } = jpegHead(head);
    if (isWhole || head.length < length) return size;
  }
  return undefined;
}

function jpegHead(bytes: Uint8Array): { readonly isWhole: boolean; readonly size: StoredSize | undefined } {
  let size: ImageSize | undefined;
  let isWhole = false;
  const tags = new OrientationTags();
  try {
    for (const { marker, content } of jpegSegments(bytes)) {
      isWhole = marker === START_OF_SCAN || marker === END_OF_IMAGE;
      if (isWhole) break;
      if (marker === APP1) tags.takeSegment(content);
      else if (isFrame(marker) && content.length >= 5)
        size ??= { height: (content[1] << 8) | content[2], width: (content[3] << 8) | content[4] };
    }
  } catch {
    return { isWhole: true, size: undefined }; // the decoder refuses it too
  }
  return { isWhole, size: size && { ...size, orientation: tags.orientation } };
}

/** Walks all chunks, for the orientation may stand behind the pixels. */
async function pngSize(file: Window): Promise<StoredSize | undefined> {
  let size: ImageSize | undefined;
  const tags = new OrientationTags();
  for (let at = 8, count = 0; count < MAX_CHUNKS; count++) {
    const head = await file.read(at, 8);
    if (head.length < 8) break;
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const type = text(head.subarray(4));
    if (type === 'IEND') break;
    if (type === 'IHDR' && !size) {
      const content = await file.read(at + 8, 8);
      if (content.length < 8) break;
      const view = new DataView(content.buffer, content.byteOffset);
      size = { width: view.getUint32(0), height: view.getUint32(4) };
    }
    if (OrientationTags.concernsChunk(type) && length <= MAX_TAGS_BYTES) {
      const content = await file.read(at + 8, length);
      if (content.length === length) tags.takeChunk(type, content);
    }
    at += 12 + length;
  }
  return size && { ...size, orientation: tags.orientation };
}

async function bmpSize(file: Window): Promise<StoredSize | undefined> {
  try {
    const { width, height } = readBmpHeader(await file.read(0, 1 << 12));
    return { width, height, orientation: 1 };
  } catch {
    return undefined; // damaged, which the decoder tells best
  }
}

async function storedSize(path: string): Promise<StoredSize | undefined> {
  const file = await openHandle(path);
  try {
    return await sizeIn(new FileWindow(file));
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file.close();
  }
}

async function sizeIn(window: Window): Promise<StoredSize | undefined> {
  const format = sniffFormat(await window.read(0, 128));
  if (format === 'jpeg') return await jpegSize(window);
  if (format === 'bmp') return await bmpSize(window);
  return format === 'png' ? await pngSize(window) : undefined;
}

const oriented = ({ height, orientation, width }: StoredSize): ImageSize =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

/** What a picture takes to be decoded, as its header tells. */
export interface DecodingCost extends ImageSize {
  /** Of a JPEG; of others 1. */
  readonly scans: number;
  /** In pixels of a usual picture: those of JPEGs of many scans and deep PNGs count for more. 0 where it is refused at once. */
  readonly work: number;
}

/** Bits of a pixel that take as long as one of a usual picture. */
const USUAL_BITS = 24;

/**
 * What decoding a picture takes, before anything is decoded. The headers are read as the decoder reads them, so that no
 * file is one picture here and another there.
 *
 * @param bytes of a JPEG, PNG or BMP file, or of another format, which takes the optional package `sharp`
 * @returns undefined where no header tells it
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
    const claimed = await sizeIn(window);
    return claimed && { ...cost(claimed), work: 0 };
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
 * The size of the picture in a file, as `readImage` would give it, EXIF orientation applied. Of JPEG, PNG and BMP only the
 * header is read; others are decoded.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, BAD_IMAGE
 */
export async function readImageSize(path: string): Promise<ImageSize> {
  const stored = await storedSize(path);
  if (!stored?.width || !stored.height) {
    // Another format, or damaged, which the decoder tells best.
    const { width, height } = await readImage(path);
    return { width, height };
  }
  return oriented(stored);
}
