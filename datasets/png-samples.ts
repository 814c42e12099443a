import { PALETTE, type PngHeader } from './png-header.ts';

/** Writes the pixels of a row, which begins with its filter byte, to RGB values from `at` on, `step` apart. */
type PixelWriter = (row: Uint8Array, columns: number, at: number, step: number) => void;

/** How rows of this kind become RGB in `data`. */
export function pixelWriter({ depth, colorType, channels, palette }: PngHeader, data: Uint8Array): PixelWriter {
  if (colorType === PALETTE) return indexedWriter(depth, paletteColors(palette), data);
  if (depth < 8) return indexedWriter(depth, greys(depth), data);
  const sample = depth / 8;
  const pixel = channels * sample;
  const [green, blue] = channels < 3 ? [0, 0] : [sample, 2 * sample];
  return (row, columns, at, step) => {
    if (pixel === 3 && step === 3) return data.set(row.subarray(1, 1 + columns * 3), at);
    for (let x = 0, i = 1, o = at; x < columns; x++, i += pixel, o += step) {
      data[o] = row[i];
      data[o + 1] = row[i + green];
      data[o + 2] = row[i + blue];
    }
  };
}

/** Samples of 1 to 8 bits that number colours. */
function indexedWriter(depth: number, colors: Uint8Array, data: Uint8Array): PixelWriter {
  const mask = 2 ** depth - 1;
  return (row, columns, at, step) => {
    for (let x = 0, o = at, bit = 8; x < columns; x++, o += step, bit += depth) {
      const color = ((row[bit >> 3] >> (8 - depth - (bit & 7))) & mask) * 3;
      data[o] = colors[color];
      data[o + 1] = colors[color + 1];
      data[o + 2] = colors[color + 2];
    }
  };
}

/** Levels of grey, spread from 0 to 255. */
function greys(depth: number): Uint8Array {
  const scale = 255 / (2 ** depth - 1);
  return Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => Math.floor(i / 3) * scale);
}

/** 256 colours; those that a file lacks are black, as libpng and browsers have them. */
function paletteColors(palette: Uint8Array): Uint8Array {
  const colors = new Uint8Array(768);
  colors.set(palette);
  return colors;
}
