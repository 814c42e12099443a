/**
 * An image row by row: a large JPEG or PNG is decoded as its rows are asked for, so that memory does not grow with its
 * height.
 */
import type { FileHandle } from 'node:fs/promises';
import { ResnetCocoError } from '../../errors.ts';
import { filePath, openHandle, readBytes } from '../../io/regular-file.ts';
import { damage } from './damage.ts';
import { decodeImage } from './decode.ts';
import type { Orientation } from './exif-orientation.ts';
import { type DecodedImage, type ImageSource, MAX_IMAGE_PIXELS } from './image.ts';
import { type ImageFormat, sniffFormat } from './image-format.ts';
import type { ImageSize } from './image-size.ts';
import { jpegRows } from './jpeg/jpeg-decoder.ts';
import { checkLength, readJpegHeader, scansProblem } from './jpeg/jpeg-header.ts';
import { openPngFile, type PngFile } from './png/png-file.ts';
import { claimedSize, type PngHeader, readPngHeader } from './png/png-header.ts';
import { type CompressedRows, pngLines, rowsInMemory } from './png/png-lines.ts';
import { pixelWriter } from './png/png-samples.ts';
import { readImage, sourceName } from './read-image.ts';

/** An image whose rows are decoded as they are asked for; its size is that of the rows, before orientation. */
export interface ImageRows extends ImageSize {
  readonly format: ImageFormat | null;
  readonly orientation: Orientation;
  /** From top to bottom, RGB. Each is overwritten by the next. Errors are those of `readImage`. */
  readonly rows: AsyncIterable<Uint8Array>;
  /** The image itself, upright, if it is small enough to be decoded at once. */
  readonly whole?: DecodedImage;
  /** Closes the file, if there is one. */
  close(): Promise<void>;
}

/** Smaller images are decoded at once, by the fastest decoder: they take 200 MB. */
const WHOLE_PIXELS = 2 ** 26;
/** Masks and offsets are numbers of 32 bits. */
const MAX_PIXELS = 2 ** 32 - 1;
/** A row of a PNG file may claim gigabytes. JPEG has no longer rows than 65,535. */
const MAX_WIDTH = 2 ** 20;

/** Settings of `openImageRows`. */
export interface ImageRowsOptions {
  /** Images of up to this number of pixels are decoded at once. */
  readonly wholePixels?: number;
}

/**
 * Opens an image to read its rows. The caller closes it.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
 * @throws ResnetCocoError BAD_IMAGE when it is damaged, or neither small enough to be decoded at once nor of a kind that is
 *   decoded row by row
 */
export async function openImageRows(
  source: ImageSource,
  { wholePixels = WHOLE_PIXELS }: ImageRowsOptions = {},
): Promise<ImageRows> {
  const isPath = typeof source === 'string' || source instanceof URL;
  const name = isPath ? filePath(source) : sourceName(source);
  const file = isPath ? await openHandle(name) : undefined;
  const close = async () => await file?.close();
  try {
    // A JPEG file's markers are all over it: its bytes, which are few, are read at once.
    const isJpeg = file && sniffFormat(await startOf(file)) === 'jpeg';
    const jpeg = isJpeg ? await readBytes(name, { code: 'BAD_IMAGE' }) : undefined;
    const encoded = jpeg ?? file ?? (source instanceof Uint8Array ? source : undefined);
    const streamed = encoded && (await openStreamed(encoded, name, wholePixels));
    if (streamed) return { ...streamed, close };
    return { ...wholeRows(await (jpeg ? decodeImage(jpeg, name) : readImage(source))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Undefined for what is decoded at once. */
async function openStreamed(
  source: FileHandle | Uint8Array,
  name: string,
  wholePixels: number,
): Promise<Omit<ImageRows, 'close'> | undefined> {
  const head = source instanceof Uint8Array ? source : await startOf(source);
  const format = sniffFormat(head);
  if (format !== 'jpeg' && format !== 'png') return undefined;
  const claim = format === 'png' ? claimedSize(head) : undefined;
  if (claim && claim.width * claim.height <= wholePixels) return undefined; // its chunks need not be walked
  const bad = (error: unknown) =>
    new ResnetCocoError('BAD_IMAGE', `${name}: cannot be decoded as ${format.toUpperCase()}: ${messageOf(error)}`, {
      cause: error,
    });
  let opened: Opened;
  try {
    opened = source instanceof Uint8Array && format === 'jpeg' ? openJpeg(source) : await openPng(source);
  } catch {
    return undefined; // damaged or unusual; the decoder of whole images reads it, or gives the best message
  }
  const { height, orientation, rows, width } = opened;
  const pixels = width * height;
  if (pixels <= wholePixels || !rows) return undefined;
  if (pixels > MAX_PIXELS || width > MAX_WIDTH) {
    throw bad(`${width}×${height} is over the limit of ${MAX_PIXELS} pixels, ${MAX_WIDTH} in a row`);
  }
  return { width, height, orientation, format, rows: withErrors(rows, bad) };
}

async function startOf(file: FileHandle): Promise<Uint8Array> {
  const head = new Uint8Array(128);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function* withErrors(
  rows: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  bad: (error: unknown) => ResnetCocoError,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* rows();
  } catch (error) {
    throw bad(error);
  }
}

/** A header, and the rows where they can be decoded one after another. */
interface Opened extends ImageSize {
  readonly orientation: Orientation;
  readonly rows: (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>) | undefined;
}

async function openPng(source: FileHandle | Uint8Array): Promise<Opened> {
  const { header, rows } = source instanceof Uint8Array ? pngInMemory(source) : await openPngFile(source);
  // The rows of an interlaced picture are complete when its last pass is.
  return { ...header, rows: header.interlaced ? undefined : () => pngRows(header, rows) };
}

function pngInMemory(bytes: Uint8Array): PngFile {
  const header = readPngHeader(bytes);
  return { header, rows: rowsInMemory(header) };
}

async function* pngRows(header: PngHeader, compressed: CompressedRows): AsyncGenerator<Uint8Array, void> {
  const row = new Uint8Array(header.width * 3);
  const writePixels = pixelWriter(header, row);
  const lines = pngLines(header, compressed);
  try {
    for await (const { samples } of lines) {
      writePixels(samples, header.width, 0, 3);
      yield row;
    }
  } catch (error) {
    throw damage(error);
  }
}

function openJpeg(bytes: Uint8Array): Opened {
  const header = readJpegHeader(bytes);
  checkLength(header);
  const problem = scansProblem(header, Math.max(header.width * header.height, MAX_IMAGE_PIXELS));
  if (problem) throw new Error(problem);
  const isHuffman = header.coding === 'sequential' || header.coding === 'progressive';
  return { ...header, rows: isHuffman ? () => jpegRows(bytes.subarray(0, header.end), header) : undefined };
}

function wholeRows(whole: DecodedImage): Omit<ImageRows, 'close'> {
  const { data, format, height, width } = whole;
  async function* rows(): AsyncGenerator<Uint8Array, void> {
    for (let y = 0; y < height; y++) yield data.subarray(y * width * 3, (y + 1) * width * 3);
  }
  return { width, height, format, orientation: 1, rows: rows(), whole };
}
