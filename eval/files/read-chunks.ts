/**
 * Reads a file of plain boxes on several threads into columns that they share. A plain box is a result that has
 * `image_id`, `category_id`, `bbox` and `score`, each once and nothing else; its ids are whole numbers of 32 bits, and
 * its coordinates within `MOST.detection`. The file is a list of one or more of them.
 *
 * A thread reads the results that begin in its chunk: after the first `}` of the chunk, and up to the first `}` of the
 * next. In such a file every `}` ends a result. Whether it is such a file shows afterwards: each chunk must begin where
 * the one before it ends.
 */
import { MOST } from '../../io/bounds.ts';
import { CLOSE_LIST, CLOSE_OBJECT, COMMA, isSpace, OPEN_LIST, OPEN_OBJECT } from '../../io/json/json-window.ts';
import { readAt } from '../../io/regular-file.ts';
import { BoxScanner } from '../coco/box-scanner.ts';

/** Bytes of the file that a thread reads at a time. */
export const CHUNK = 1 << 20;
/** Bytes that a thread reads beyond its chunk, where the last result must end, and the next one begin. */
const LONGEST = 1 << 12;

/** Places in `state`. */
const NEXT = 0;
export const FAILED = 1;

/** Columns of results, in memory that threads share. Chunk c has the rows from `c · rowsPerChunk` on until they are gathered. */
export interface ResultColumns {
  /** Of the open file; descriptors are those of the process. */
  readonly descriptor: number;
  readonly size: number;
  readonly chunks: number;
  readonly rowsPerChunk: number;
  /** The next chunk to read, and 1 once some chunk was not read. */
  readonly state: Int32Array;
  /** By chunk: where its results begin and where the next chunk's should, as positions in the file; their number. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  readonly counts: Int32Array;
  /** By row: id of the image, after gathering its index; id of the category; box; area; score. */
  readonly images: Int32Array;
  readonly categories: Int32Array;
  readonly boxes: Float64Array;
  readonly areas: Float64Array;
  readonly scores: Float64Array;
}

/** Reads chunks until none is left. */
export function readChunks(columns: ResultColumns): void {
  const { chunks, state } = columns;
  const reader = new ChunkReader(columns);
  while (!Atomics.load(state, FAILED)) {
    const chunk = Atomics.add(state, NEXT, 1);
    if (chunk >= chunks) break;
    if (!reader.read(chunk)) Atomics.store(state, FAILED, 1);
  }
}

class ChunkReader {
  readonly #columns: ResultColumns;
  readonly #bytes = new Uint8Array(CHUNK + LONGEST);
  readonly #scanner = new BoxScanner();

  constructor(columns: ResultColumns) {
    this.#columns = columns;
  }

  /** @returns whether the chunk was read: it has only plain boxes, and there was room for them */
  read(chunk: number): boolean {
    const { begins, counts, ends, size } = this.#columns;
    const bytes = this.#bytes;
    const start = chunk * CHUNK;
    const end = readAt(this.#columns.descriptor, bytes, start);
    if (end < Math.min(bytes.length, size - start)) return false;
    // What an earlier chunk left behind must not look like text.
    if (end < bytes.length) bytes.fill(0, end);
    const at = chunk ? this.#firstResult(end) : startOfList(bytes);
    if (at < 0) return false;
    begins[chunk] = start + at;
    counts[chunk] = 0;
    const last = this.#results(chunk, at, end);
    ends[chunk] = start + last;
    return last >= 0;
  }

  /** @returns where the results of the next chunk begin; -1 when one is no plain box, or there is no room for it */
  #results(chunk: number, first: number, end: number): number {
    const { areas, boxes, categories, counts, images, rowsPerChunk, scores } = this.#columns;
    const bytes = this.#bytes;
    const scanner = this.#scanner;
    const { box } = scanner;
    const base = chunk * rowsPerChunk;
    let at = first;
    for (let row = base; at < end; row++) {
      if (row === base + rowsPerChunk) return -1;
      const after = scanner.scan(bytes, at, end);
      if (after < 0) return -1;
      const { categoryId, imageId } = scanner;
      if ((imageId | 0) !== imageId || (categoryId | 0) !== categoryId || !scanner.isWithin(MOST.detection)) return -1;
      images[row] = imageId;
      categories[row] = categoryId;
      boxes[4 * row] = box[0];
      boxes[4 * row + 1] = box[1];
      boxes[4 * row + 2] = box[2];
      boxes[4 * row + 3] = box[3];
      areas[row] = box[2] * box[3];
      scores[row] = scanner.score;
      counts[chunk]++;
      at = this.#nextResult(after, end);
      if (at < 0) return -1;
      if (after > CHUNK) break;
    }
    return at;
  }

  /** The first result after a result that ends in this chunk; the end of the file when there is none. */
  #firstResult(end: number): number {
    const close = this.#bytes.indexOf(CLOSE_OBJECT);
    return close < 0 || close >= Math.min(CHUNK, end) ? end : this.#nextResult(close + 1, end);
  }

  /** Passes what follows a result. @returns where the next begins, or the file ends; -1 for anything else */
  #nextResult(after: number, end: number): number {
    const bytes = this.#bytes;
    const at = skipSpace(bytes, after);
    if (at >= end) return -1;
    const next = skipSpace(bytes, at + 1);
    if (bytes[at] === COMMA) return bytes[next] === OPEN_OBJECT ? next : -1;
    return bytes[at] === CLOSE_LIST && next === end ? end : -1;
  }
}

/** Where the first element of the list begins that the file is; -1 if the file is anything else, or the list is empty. */
export function startOfList(bytes: Uint8Array): number {
  const list = skipSpace(bytes, 0);
  if (bytes[list] !== OPEN_LIST) return -1;
  const first = skipSpace(bytes, list + 1);
  return bytes[first] === OPEN_OBJECT ? first : -1;
}

export function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isSpace(bytes[next])) next++;
  return next;
}
