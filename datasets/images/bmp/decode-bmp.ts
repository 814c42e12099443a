import type { Image } from '../image.ts';
import { indexedWriter, type PixelWriter } from '../indexed-pixels.ts';
import { readRunLengths } from './bmp-run-lengths.ts';

/** The headers of a BMP file. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per pixel. */
  readonly depth: number;
  readonly compression: number;
  readonly topDown: boolean;
  /** Masks of red, green and blue, for pixels of 16, 24 or 32 bits. */
  readonly masks: readonly number[];
  /** RGB of 256 colors; those missing in the file are black. */
  readonly colors: Uint8Array;
  /** The stored rows, up to the end of the file. */
  readonly stored: Uint8Array;
}

const [FILE_HEADER, OS2_HEADER, INFO_HEADER] = [14, 12, 40];
/** Sizes of the information header in bytes: OS/2's and Windows' first, then Windows' longer ones. */
const HEADER_SIZES = [OS2_HEADER, INFO_HEADER, 52, 56, 64, 108, 124];
const [RAW, RLE8, RLE4, BITFIELDS] = [0, 1, 2, 3];
const MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f],
  24: [0xff0000, 0xff00, 0xff],
  32: [0xff0000, 0xff00, 0xff],
};

/** Whether bytes begin with a BMP header of a known size. */
export function isBmp(bytes: Uint8Array): boolean {
  return (
    bytes.length >= FILE_HEADER + OS2_HEADER &&
    bytes[0] === 0x42 &&
    bytes[1] === 0x4d &&
    HEADER_SIZES.includes(viewOf(bytes).getUint32(FILE_HEADER, true))
  );
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws Error with the reason when the headers are cut short or not supported */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = viewOf(bytes);
  const size = view.getUint32(FILE_HEADER, true);
  if (bytes.length < FILE_HEADER + size) throw new Error('the file is truncated: it ends within its header');
  const isOs2 = size === OS2_HEADER;
  const at = FILE_HEADER + 4;
  const depth = view.getUint16(at + (isOs2 ? 6 : 10), true);
  const compression = isOs2 ? RAW : view.getUint32(at + 12, true);
  const topDown = !isOs2 && bytes[at + 7] === 0xff; // a negative height
  if (depth > 8 ? !(depth in MASKS) : ![1, 2, 4, 8].includes(depth)) {
    throw new Error(`it has ${depth} bits a pixel; expected 1, 2, 4, 8, 16, 24 or 32`);
  }
  const runs = { [RLE8]: 8, [RLE4]: 4 }[compression];
  if (runs === undefined ? compression !== RAW && compression !== BITFIELDS : runs !== depth) {
    throw new Error(`compression ${compression} of ${depth} bits a pixel is not supported`);
  }
  if (compression === BITFIELDS && depth <= 8) throw new Error(`masks of ${depth} bits a pixel make no sense`);
  const masksAt = FILE_HEADER + INFO_HEADER; // inside a longer header, or after the short one
  const hasMasks = compression === BITFIELDS && bytes.length >= masksAt + 12;
  const paletteAt = FILE_HEADER + size + (hasMasks && size === INFO_HEADER ? 12 : 0);
  const entry = isOs2 ? 3 : 4;
  const colorCount = (!isOs2 && view.getUint32(at + 28, true)) || 2 ** depth;
  const paletteBytes = depth <= 8 ? colorCount * entry : 0;
  const stated = view.getUint32(10, true);
  // Some writers do not count the palette in the offset; Pillow allows for it too.
  const start = stated === 0 || stated === FILE_HEADER + size ? paletteAt + paletteBytes : stated;
  return {
    width: isOs2 ? view.getUint16(at, true) : view.getUint32(at, true),
    height: isOs2 ? view.getUint16(at + 2, true) : Math.abs(view.getInt32(at + 4, true)),
    depth,
    compression,
    topDown,
    masks: hasMasks
      ? checkedMasks(
          [0, 4, 8].map((i) => view.getUint32(masksAt + i, true)),
          depth,
        )
      : (MASKS[depth] ?? []),
    colors: readColors(bytes.subarray(paletteAt, paletteAt + paletteBytes), entry),
    stored: bytes.subarray(start),
  };
}

/** All zeros mean the usual masks. @throws Error when a mask's bits are not adjacent */
function checkedMasks(masks: number[], depth: number): readonly number[] {
  if (masks.every((mask) => mask === 0)) return MASKS[depth];
  for (const mask of masks) {
    const bits = mask / lowestBit(mask);
    if (mask !== 0 && !Number.isInteger(Math.log2(bits + 1))) throw new Error(`mask 0x${mask.toString(16)} has gaps`);
  }
  return masks;
}

const lowestBit = (mask: number): number => (mask & -mask) >>> 0;

function readColors(palette: Uint8Array, entry: number): Uint8Array {
  const colors = new Uint8Array(768);
  for (let i = 0, p = 0; i < 768 && p + 2 < palette.length; i += 3, p += entry) {
    [colors[i], colors[i + 1], colors[i + 2]] = [palette[p + 2], palette[p + 1], palette[p]];
  }
  return colors;
}

/**
 * Decodes a BMP file: 1 to 8 bits per pixel with a palette, with or without run lengths, and 16, 24 and 32 bits with
 * any masks. Alpha is dropped.
 *
 * @throws Error with the reason when the file is damaged
 */
export function decodeBmp(header: BmpHeader): Image {
  const { width, height, depth, compression, topDown, stored } = header;
  const coded = compression === RLE8 || compression === RLE4;
  const storedDepth = coded ? 8 : depth;
  const rowBytes = coded ? width : Math.ceil((width * depth) / 32) * 4;
  const lastRow = Math.ceil((width * storedDepth) / 8); // some writers omit its padding
  if (!coded && stored.length < (height - 1) * rowBytes + lastRow) {
    throw new Error('the file is truncated: it ends before the picture does');
  }
  const rows = coded ? readRunLengths(stored, width, height, depth) : stored;
  const data = new Uint8Array(width * height * 3);
  const write = depth <= 8 ? indexedWriter(storedDepth, header.colors, data) : maskedWriter(header, data);
  for (let y = 0; y < height; y++) {
    const target = topDown ? y : height - 1 - y;
    write(rows.subarray(y * rowBytes, (y + 1) * rowBytes), width, target * width * 3, 3);
  }
  return { width, height, data };
}

/** Writes pixels that are little-endian numbers with masks for red, green and blue. */
function maskedWriter({ depth, masks }: BmpHeader, data: Uint8Array): PixelWriter {
  const bytes = depth / 8;
  const channels = masks.map((mask) => {
    const lowest = lowestBit(mask) || 1;
    return { mask, shift: Math.log2(lowest), largest: mask / lowest || 1 };
  });
  const inBytes = channels.every(({ shift, largest }) => shift % 8 === 0 && largest === 255);
  if (inBytes) {
    const [red, green, blue] = channels.map(({ shift }) => shift / 8);
    return (samples, columns, at, step) => {
      for (let x = 0, i = 0, o = at; x < columns; x++, i += bytes, o += step) {
        data[o] = samples[i + red];
        data[o + 1] = samples[i + green];
        data[o + 2] = samples[i + blue];
      }
    };
  }
  return (samples, columns, at, step) => {
    for (let x = 0, i = 0, o = at; x < columns; x++, o += step) {
      let pixel = 0;
      for (let byte = 0; byte < bytes; byte++) pixel |= samples[i++] << (8 * byte);
      for (const [c, { mask, shift, largest }] of channels.entries()) {
        data[o + c] = Math.floor((((pixel & mask) >>> shift) * 255) / largest);
      }
    }
  };
}
