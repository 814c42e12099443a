import { Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { damage } from '../damage.ts';
import type { Image } from '../image.ts';
import type { PngHeader } from './png-header.ts';
import { pngPasses, RowFilter } from './png-rows.ts';
import { pixelWriter } from './png-samples.ts';

/** Deflate expands a byte to at most 1032. */
const MAX_DEFLATE_RATIO = 1032;
/** Some encoders append a little to the last row; more than this is a decompression bomb. */
const SPARE_BYTES = 65_536;
const INFLATED_BYTES = 1 << 16;

/**
 * Decodes a PNG file: every color type and depth, interlaced or not. Rows are inflated and converted one at a time, so
 * only the result takes memory. Alpha is dropped. Of 16 bits the high byte is kept, as Pillow does for color. For
 * 16-bit gray this differs from Pillow on purpose: Pillow clips it at 255, so that nearly all of it turns white.
 * Orientation is not applied.
 *
 * @throws Error with the reason when the file is damaged
 */
export async function decodePng(header: PngHeader): Promise<Image> {
  const { width, height, pixelBytes } = header;
  const passes = pngPasses(header);
  const expected = passes.reduce((sum, { columns, rows, rowBytes }) => sum + (columns && rows * rowBytes), 0);
  const compressed = pixelBytes.reduce((sum, { length }) => sum + length, 0);
  if (compressed * MAX_DEFLATE_RATIO < expected) {
    throw new Error('the file is truncated: it ends before the picture does');
  }
  try {
    const data = new Uint8Array(width * height * 3);
    const writePixels = pixelWriter(header, data);
    const filter = new RowFilter(header);
    let [pass, y] = [0, 0];
    let filled = 0;
    let inflated = 0;
    for await (const part of inflate(pixelBytes, () => pass === passes.length)) {
      inflated += part.length;
      if (inflated > expected + SPARE_BYTES) throw new Error('there is more behind its last row');
      for (let at = 0; at < part.length; ) {
        while (pass < passes.length && !(passes[pass].columns && passes[pass].rows)) pass++;
        if (pass === passes.length) break;
        const { columns, rows, rowBytes, x0, y0, stepX, stepY } = passes[pass];
        if (filled === 0) filter.begin(rowBytes, y === 0);
        const taken = Math.min(rowBytes - filled, part.length - at);
        filter.row.set(part.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < rowBytes) break;
        filter.undo(rowBytes);
        writePixels(filter.row.subarray(1), columns, ((y0 + y * stepY) * width + x0) * 3, stepX * 3);
        filled = 0;
        if (++y === rows) [pass, y] = [pass + 1, 0];
      }
    }
    if (inflated < expected) throw new Error('some of its rows are missing');
    return { width, height, data };
  } catch (error) {
    throw damage(error);
  }
}

/** Inflates in parts. A compressed stream without its end is an error only while rows are missing. */
async function* inflate(parts: readonly Uint8Array[], isComplete: () => boolean): AsyncGenerator<Uint8Array, void> {
  const stream = createInflate({ chunkSize: INFLATED_BYTES });
  const source = Readable.from(parts, { objectMode: false });
  try {
    for await (const part of source.pipe(stream)) yield part as Uint8Array;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR' || !isComplete()) throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
}
