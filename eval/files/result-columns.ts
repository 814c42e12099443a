import { COMMA } from '../../io/json/json-window.ts';
import { readAt } from '../../io/regular-file.ts';
import type { AnnotationTable } from '../coco/annotation-table.ts';
import { BoxScanner } from '../coco/box-scanner.ts';
import { CHUNK, FAILED, type ResultColumns, skipSpace, startOfList } from './read-chunks.ts';

/** Bytes from which the size of a result is estimated. */
const SAMPLE = 1 << 14;
/** Results of a chunk have room when they are at most this much shorter than the first ones. */
const SHORTER = 0.8;

/** Columns for the results of an open file; undefined when its first result is no plain box. */
export function columnsFor(descriptor: number, size: number): ResultColumns | undefined {
  const bytes = new Uint8Array(SAMPLE);
  const end = readAt(descriptor, bytes, 0);
  const scanner = new BoxScanner();
  let count = 0;
  let at = startOfList(bytes);
  while (at >= 0 && at < end) {
    const after = scanner.scan(bytes, at, end);
    if (after < 0) break;
    count++;
    at = skipSpace(bytes, after);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  if (!count) return undefined;
  const chunks = Math.ceil(size / CHUNK);
  const rowsPerChunk = Math.ceil(CHUNK / ((SHORTER * at) / count)) + 1;
  const rows = chunks * rowsPerChunk;
  const float64 = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
  const int32 = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
  return {
    ...{ descriptor, size, chunks, rowsPerChunk, state: int32(2) },
    ...{ begins: float64(chunks), ends: float64(chunks), counts: int32(chunks) },
    ...{ images: int32(rows), categories: int32(rows), boxes: float64(4 * rows), areas: float64(rows) },
    scores: float64(rows),
  };
}

/**
 * Moves the rows of all chunks together, and finds their images.
 *
 * @param positions index of each image, by id
 * @returns the table; undefined when some chunk was not read, chunks do not meet, or an image is unknown
 */
export function gatherRows(
  columns: ResultColumns,
  positions: ReadonlyMap<unknown, number>,
): AnnotationTable | undefined {
  const { begins, chunks, counts, ends, rowsPerChunk, size, state } = columns;
  if (state[FAILED] || ends[chunks - 1] !== size) return undefined;
  for (let chunk = 1; chunk < chunks; chunk++) if (begins[chunk] !== ends[chunk - 1]) return undefined;
  const { areas, boxes, categories, images, scores } = columns;
  let length = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const from = chunk * rowsPerChunk;
    const to = from + counts[chunk];
    for (const column of [images, categories, areas, scores]) column.copyWithin(length, from, to);
    boxes.copyWithin(4 * length, 4 * from, 4 * to);
    length += counts[chunk];
  }
  let [lastId, position] = [Number.NaN, 0];
  for (let row = 0; row < length; row++) {
    const id = images[row];
    if (id !== lastId) {
      const found = positions.get(id);
      if (found === undefined) return undefined;
      [lastId, position] = [id, found];
    }
    images[row] = position;
  }
  const none = new Uint8Array(new SharedArrayBuffer(length));
  return {
    length,
    ids: undefined,
    images: images.subarray(0, length),
    categories: categories.subarray(0, length),
    boxes: boxes.subarray(0, 4 * length),
    areas: areas.subarray(0, length),
    scores: scores.subarray(0, length),
    crowds: none,
    keypointless: none,
    segmentations: [],
    keypoints: [],
  };
}
