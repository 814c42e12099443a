import { pipeline, Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import type { PngHeader } from './png-header.ts';
import { type PngPass, pngPasses, RowFilter } from './png-rows.ts';

/** Deflate expands a byte to at most 1032. */
const MAX_DEFLATE_RATIO = 1032;
/** Some encoders append a little to the last row; more than this is a decompression bomb. */
const SPARE_BYTES = 65_536;
const INFLATED_BYTES = 1 << 16;

/** A row of samples, without its filter. */
export interface PngLine {
  readonly pass: PngPass;
  /** The row's place in its pass. */
  readonly y: number;
  /** Overwritten once the next row but one is asked for. */
  readonly samples: Uint8Array;
}

/**
 * Refuses a file that claims more rows than its compressed bytes can hold, so that no few bytes allocate gigabytes.
 *
 * @param compressed bytes
 * @throws Error with the reason
 */
function checkLength(compressed: number, expected: number): void {
  if (compressed * MAX_DEFLATE_RATIO < expected) {
    throw new Error('the file is truncated: it ends before the picture does');
  }
}

/** Bytes of all rows, with their filter bytes. */
const inflatedLength = (passes: readonly PngPass[]): number =>
  passes.reduce((sum, { columns, rows, rowBytes }) => sum + (columns && rows * rowBytes), 0);

/** The compressed rows of a file that is read as they are asked for. */
export interface CompressedRows {
  readonly bytes: number;
  parts(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The compressed rows of a file in memory. */
export const rowsInMemory = ({ pixelBytes }: PngHeader): CompressedRows => ({
  bytes: pixelBytes.reduce((sum, { length }) => sum + length, 0),
  parts: () => pixelBytes,
});

/**
 * Inflates a PNG file's rows one at a time, in the order of the file.
 *
 * @throws Error with the reason when the file is damaged; before the first row when it is too short for its size
 */
export function pngLines(header: PngHeader, compressed: CompressedRows): AsyncGenerator<PngLine, void> {
  const passes = pngPasses(header);
  const expected = inflatedLength(passes);
  checkLength(compressed.bytes, expected);
  return linesOf(header, passes, expected, compressed);
}

async function* linesOf(
  header: PngHeader,
  passes: readonly PngPass[],
  expected: number,
  compressed: CompressedRows,
): AsyncGenerator<PngLine, void> {
  const filter = new RowFilter(header);
  let [place, y] = [0, 0];
  let filled = 0;
  let inflated = 0;
  for await (const part of inflate(compressed, () => place === passes.length)) {
    inflated += part.length;
    if (inflated > expected + SPARE_BYTES) throw new Error('there is more behind its last row');
    for (let at = 0; at < part.length; ) {
      while (place < passes.length && !(passes[place].columns && passes[place].rows)) place++;
      if (place === passes.length) break;
      const pass = passes[place];
      const { rowBytes } = pass;
      if (filled === 0) filter.begin(rowBytes, y === 0);
      const taken = Math.min(rowBytes - filled, part.length - at);
      filter.row.set(part.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < rowBytes) break;
      filter.undo(rowBytes);
      yield { pass, y, samples: filter.row.subarray(1) };
      filled = 0;
      if (++y === pass.rows) [place, y] = [place + 1, 0];
    }
  }
  if (inflated < expected) throw new Error('some of its rows are missing');
}

/** Inflates in parts. A compressed stream without its end is an error only while rows are missing. */
async function* inflate({ parts }: CompressedRows, isComplete: () => boolean): AsyncGenerator<Uint8Array, void> {
  const stream = createInflate({ chunkSize: INFLATED_BYTES });
  const source = Readable.from(parts(), { objectMode: false });
  try {
    // An error of the source ends the stream, which passes it on.
    for await (const part of pipeline(source, stream, () => {})) yield part as Uint8Array;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR' || !isComplete()) throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
}
