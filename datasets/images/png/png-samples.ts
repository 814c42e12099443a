import { indexedWriter, type PixelWriter } from '../indexed-pixels.ts';
import { PALETTE, type PngHeader } from './png-header.ts';

/** The writer that converts rows of this kind to RGB in `data`. */
export function pixelWriter({ depth, colorType, channels, palette }: PngHeader, data: Uint8Array): PixelWriter {
  if (colorType === PALETTE) return indexedWriter(depth, paletteColors(palette), data);
  if (depth < 8) return indexedWriter(depth, grays(depth), data);
  const sample = depth / 8;
  const pixel = channels * sample;
  const [green, blue] = channels < 3 ? [0, 0] : [sample, 2 * sample];
  return (samples, columns, at, step) => {
    if (pixel === 3 && step === 3) return data.set(samples.subarray(0, columns * 3), at);
    for (let x = 0, i = 0, o = at; x < columns; x++, i += pixel, o += step) {
      data[o] = samples[i];
      data[o + 1] = samples[i + green];
      data[o + 2] = samples[i + blue];
    }
  };
}

/** Gray levels, spread from 0 to 255. */
function grays(depth: number): Uint8Array {
  const scale = 255 / (2 ** depth - 1);
  return Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => Math.floor(i / 3) * scale);
}

/** 256 colors; those missing in the file are black, as in libpng and browsers. */
function paletteColors(palette: Uint8Array): Uint8Array {
  const colors = new Uint8Array(768);
  colors.set(palette);
  return colors;
}
