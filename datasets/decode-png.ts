import { inflateSync } from 'node:zlib';
import { damage } from './damage.ts';
import { type Orientation, readOrientation } from './exif-orientation.ts';
import type { Image } from './image.ts';

/** What a PNG file's chunks say and hold, with only the chunks that make up the pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
  readonly orientation: Orientation;
  /** IHDR, PLTE and IDATs, whole, each with its length and checksum. */
  readonly chunks: readonly Uint8Array[];
  readonly pixelBytes: readonly Uint8Array[];
}

const SIGNATURE_LENGTH = 8;
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;
const END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82); // an IEND chunk
/** Deflate makes at most 1032 bytes out of one. */
const MAX_DEFLATE_RATIO = 1032;
/** Some encoders append a little to the last row; more than this is a bomb. */
const SPARE_BYTES = 65_536;

/**
 * Walks the chunks of a PNG file. What does not bear on the colours is left out: transparency too, since a transparent
 * pixel keeps its colour here, as in Pillow's `convert('RGB')`.
 *
 * @throws Error with the reason, if the file ends before its header does
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Uint8Array[] = [];
  const pixelBytes: Uint8Array[] = [];
  let header: Pick<PngHeader, 'width' | 'height' | 'depth' | 'colorType' | 'interlaced'> | undefined;
  let orientation: Orientation = 1;
  for (let at = SIGNATURE_LENGTH; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const next = at + 12 + length;
    if (next > bytes.length) break;
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'IHDR' && length === 13 && !header) {
      header = {
        width: view.getUint32(at + 8),
        height: view.getUint32(at + 12),
        depth: content[8],
        colorType: content[9],
        interlaced: content[12] === 1,
      };
    }
    if (type === 'eXIf') orientation = readOrientation(content);
    if (type === 'IHDR' || type === 'PLTE' || type === 'IDAT') chunks.push(bytes.subarray(at, next));
    if (type === 'IDAT') pixelBytes.push(content);
    at = next;
  }
  if (!header) throw new Error('the file is truncated: it ends within its header');
  return { ...header, orientation, chunks, pixelBytes };
}

/** The bytes of all rows before compression, each with its filter byte; interlaced, of seven smaller pictures. */
function rawLength({ width, height, depth, colorType, interlaced }: PngHeader): number {
  const bits = depth * CHANNELS[colorType];
  const size = (w: number, h: number) => (w && h ? h * (1 + Math.ceil((w * bits) / 8)) : 0);
  if (!interlaced) return size(width, height);
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ]; // prettier-ignore
  return passes.reduce((sum, [x, y, dx, dy]) => {
    return sum + size(Math.max(0, Math.ceil((width - x) / dx)), Math.max(0, Math.ceil((height - y) / dy)));
  }, 0);
}

/**
 * Decodes a PNG file with pngjs: every colour type and depth, interlaced or not. Alpha is dropped. Of 16 bits the high
 * byte is kept, as Pillow does for colour; for 16-bit grey, which Pillow clips at 255 (so that nearly all of it turns
 * white), this differs from Pillow on purpose. Orientation is not applied.
 *
 * @throws Error with the reason
 */
export async function decodePng(header: PngHeader): Promise<Image> {
  const { PNG } = await import('pngjs');
  const { width, height, depth, colorType, pixelBytes } = header;
  if (!(colorType in CHANNELS)) throw new Error(`its colour type ${colorType} does not exist`);
  const expected = rawLength(header);
  const compressed = pixelBytes.reduce((sum, { length }) => sum + length, 0);
  if (compressed * MAX_DEFLATE_RATIO < expected)
    throw new Error('the file is truncated: it ends before the picture does');
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  // 16-bit samples come as 16-bit numbers; grey of fewer than 8 bits comes as its raw level.
  let samples: ArrayLike<number>;
  try {
    // pngjs inflates interlaced pictures without a limit, and takes what truncated data leave in memory for pixels.
    const inflated = inflateSync(Buffer.concat(pixelBytes), { maxOutputLength: expected + SPARE_BYTES });
    if (inflated.length < expected) throw new Error('some of its rows are missing');
    samples = PNG.sync.read(Buffer.concat([signature, ...header.chunks, END]), { skipRescale: true }).data;
  } catch (error) {
    throw damage(error);
  }
  const scale = colorType === PALETTE || depth >= 8 ? 1 : 255 / (2 ** depth - 1);
  const shift = depth === 16 ? 8 : 0;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, p = 0; i < data.length; p++) {
    data[i++] = (samples[p++] >> shift) * scale;
    data[i++] = (samples[p++] >> shift) * scale;
    data[i++] = (samples[p++] >> shift) * scale;
  }
  return { width, height, data };
}
