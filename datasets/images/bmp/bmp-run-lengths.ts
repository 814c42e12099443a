const [END_OF_ROW, END_OF_PICTURE, MOVE] = [0, 1, 2];

/**
 * Decodes the run lengths of a BMP file.
 *
 * @param depth 8, or 4 for two pixels per byte
 * @returns one byte per pixel; skipped pixels are 0
 * @throws Error when the data ends before the picture does
 */
export function readRunLengths(stored: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  const half = depth === 4;
  let column = 0;
  let out = 0;
  let at = 0;
  while (out < pixels.length) {
    if (at + 2 > stored.length) throw new Error('the file is truncated: it ends before the picture does');
    const [count, value] = [stored[at++], stored[at++]];
    if (count > 0) {
      // Pixels beyond the end of a row are dropped.
      const end = out + Math.min(count, Math.max(0, width - column));
      const first = half ? value >> 4 : value;
      const second = half ? value & 15 : value;
      for (let i = out; i < end; i++) pixels[i] = (i - out) & 1 ? second : first;
      column += end - out;
      out = end;
    } else if (value === END_OF_ROW) {
      out = Math.ceil(out / width) * width;
      column = 0;
    } else if (value === END_OF_PICTURE) {
      break;
    } else if (value === MOVE) {
      out += (stored[at++] ?? 0) + (stored[at++] ?? 0) * width;
      column = out % width;
    } else {
      // `value` literal pixels, padded to an even number of bytes.
      const bytes = half ? Math.ceil(value / 2) : value;
      if (at + bytes > stored.length) throw new Error('the file is truncated: it ends before the picture does');
      for (let i = 0; i < value && out + i < pixels.length; i++) {
        const byte = stored[at + (half ? i >> 1 : i)];
        pixels[out + i] = half ? (i & 1 ? byte & 15 : byte >> 4) : byte;
      }
      out += value;
      column += value;
      at += bytes + (bytes & 1);
    }
  }
  return pixels;
}
