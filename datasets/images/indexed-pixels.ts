/** Writes the pixels of a row as RGB values from `at`, `step` values apart. */
export type PixelWriter = (samples: Uint8Array, columns: number, at: number, step: number) => void;

/** For samples of 1, 2, 4 or 8 bits that index colors, the first sample in the highest bits. */
export function indexedWriter(depth: number, colors: Uint8Array, data: Uint8Array): PixelWriter {
  const mask = 2 ** depth - 1;
  return (samples, columns, at, step) => {
    for (let x = 0, o = at, bit = 0; x < columns; x++, o += step, bit += depth) {
      const color = ((samples[bit >> 3] >> (8 - depth - (bit & 7))) & mask) * 3;
      data[o] = colors[color];
      data[o + 1] = colors[color + 1];
      data[o + 2] = colors[color + 2];
    }
  };
}
