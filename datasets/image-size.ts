import type { FileHandle } from 'node:fs/promises';
import { openHandle, unreadable } from '../io/regular-file.ts';
import { chosenSharp } from './decode.ts';
import { readBmpHeader } from './decode-bmp.ts';
import type { Orientation } from './exif-orientation.ts';
import { sniffFormat } from './image-format.ts';
import { OrientationTags } from './orientation-tags.ts';
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

const [START_OF_SCAN, END_OF_IMAGE, APP1] = [0xda, 0xd9, 0xe1];
/** Markers of frames are 0xc0 to 0xcf without those of Huffman tables, extensions and arithmetic conditions. */
const isFrame = (marker: number): boolean => (marker & 0xf0) === 0xc0 && ![0xc4, 0xc8, 0xcc].includes(marker);
const isBare = (marker: number): boolean => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01 || marker === 0;
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

interface StoredSize extends ImageSize {
  readonly orientation: Orientation;
}

/** Walks the markers up to the first scan, as `readJpegHeader` does of a whole file. */
async function jpegSize(file: Window): Promise<StoredSize | undefined> {
  let size: ImageSize | undefined;
  const tags = new OrientationTags();
  for (let at = 2; ; ) {
    const head = await file.read(at, 4);
    if (head.length < 4) break;
    const [mark, marker] = head;
    if (mark !== 0xff || marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else if (marker === START_OF_SCAN || marker === END_OF_IMAGE) break;
    else {
      const length = (head[2] << 8) | head[3];
      if (isFrame(marker) && !size) {
        const frame = await file.read(at + 4, 5);
        size = { height: (frame[1] << 8) | frame[2], width: (frame[3] << 8) | frame[4] };
      } else if (marker === APP1) tags.takeSegment(await file.read(at + 4, length - 2));
      at += 2 + Math.max(length, 2);
    }
  }
  return size && { ...size, orientation: tags.orientation };
}

/** Walks all chunks, for the orientation may stand behind the pixels. */
async function pngSize(file: Window): Promise<StoredSize | undefined> {
  let size: ImageSize | undefined;
  const tags = new OrientationTags();
  for (let at = 8; ; ) {
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

/**
 * The size that a picture's header tells, EXIF orientation applied, before anything is decoded.
 *
 * @param bytes of a JPEG, PNG or BMP file, or of another format, which takes the optional package `sharp`
 * @returns undefined where no header tells it
 */
export async function imageSizeInHeader(bytes: Uint8Array): Promise<ImageSize | undefined> {
  const window = { read: async (position: number, length: number) => bytes.subarray(position, position + length) };
  const stored = await sizeIn(window);
  if (stored) return oriented(stored);
  const sharp = await chosenSharp();
  if (!sharp || !sniffFormat(bytes)) return undefined;
  try {
    const { height, pageHeight, width } = await sharp(bytes).metadata();
    return width && height ? { width, height: pageHeight ?? height } : undefined;
  } catch {
    return undefined; // damaged, which the decoder tells best
  }
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
