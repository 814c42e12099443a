/** numpy's file format .npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { closeSync } from 'node:fs';
import { type ErrorCode, ResnetCocoError } from '../errors.ts';
import { openFile, readAt, unreadable } from './regular-file.ts';
import { WholeFile } from './whole-file.ts';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Magic, version and the length of the text that follows. */
const PREAMBLE = MAGIC.length + 4;
/** The header has this size for any number of rows, so that it can be written last. numpy aligns data to 64 bytes. */
const HEADER = 128;
/** numpy's own limit for headers that it parses. */
const MOST_HEADER = 10_000;
/** Bytes of an array that is read: a JavaScript array has no more elements than 2³². */
const MOST_BYTES = 2 ** 33;

/** A matrix of single precision, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

function headerOf(rows: number, columns: number): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = Buffer.alloc(HEADER, ' ');
  MAGIC.copy(header);
  header.set([1, 0], MAGIC.length);
  header.writeUInt16LE(HEADER - PREAMBLE, MAGIC.length + 2);
  header.write(text, PREAMBLE, 'latin1');
  header.write('\n', HEADER - 1);
  return header;
}

/** A matrix that is written row by row, whole or not at all. Every method throws `FILE_NOT_WRITABLE`. */
export class NpyFile {
  readonly #file: WholeFile;
  readonly #columns: number;
  #rows = 0;

  private constructor(file: WholeFile, columns: number) {
    this.#file = file;
    this.#columns = columns;
  }

  static async create(path: string, columns: number): Promise<NpyFile> {
    return new NpyFile(await WholeFile.create(path), columns);
  }

  async push(row: Float32Array): Promise<void> {
    if (row.length !== this.#columns) throw new Error(`a row of ${row.length} numbers, not ${this.#columns}`);
    const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
    await this.#file.writeAt(bytes, HEADER + this.#rows * row.byteLength);
    this.#rows++;
  }

  async commit(): Promise<void> {
    await this.#file.writeAt(headerOf(this.#rows, this.#columns), 0);
    await this.#file.commit();
  }

  async discard(): Promise<void> {
    await this.#file.discard();
  }
}

/**
 * Reads a matrix of single or double precision in C order.
 *
 * @param code of errors in the file's content
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file; `code` when it is damaged or of another kind
 */
export function readNpy(path: string, code: ErrorCode): Matrix {
  const fail = (problem: string): never => {
    throw new ResnetCocoError(code, `${path}: ${problem}`);
  };
  const { descriptor, size } = openFile(path);
  try {
    const start = Buffer.alloc(Math.min(size, MOST_HEADER + PREAMBLE + 2));
    readAt(descriptor, start, 0);
    const { at, columns, rows, bytesEach } = parseHeader(start, fail);
    const bytes = rows * columns * bytesEach;
    if (bytes > MOST_BYTES) fail(`has ${bytes} bytes of numbers, more than ${MOST_BYTES}`);
    if (size - at !== bytes)
      fail(`has ${size - at} bytes of numbers, but its shape ${rows} × ${columns} needs ${bytes}`);
    const numbers = bytesEach === 4 ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
    readAt(descriptor, new Uint8Array(numbers.buffer), at);
    return { rows, columns, data: numbers instanceof Float32Array ? numbers : new Float32Array(numbers) };
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).syscall === 'read' ? unreadable(path, cause) : cause;
  } finally {
    closeSync(descriptor);
  }
}

/** The text of the header is a Python dict with three keys, in any order. */
function parseHeader(
  start: Buffer,
  fail: (problem: string) => never,
): { readonly at: number; readonly rows: number; readonly columns: number; readonly bytesEach: number } {
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) fail("is no array of numpy's: save it with numpy.save");
  const isFirst = start[MAGIC.length] === 1;
  const preamble = isFirst ? PREAMBLE : PREAMBLE + 2;
  if (start.length < preamble) fail('is not whole: it ends within its header');
  const length = isFirst ? start.readUInt16LE(MAGIC.length + 2) : start.readUInt32LE(MAGIC.length + 2);
  if (length > MOST_HEADER) fail(`has a header of ${length} bytes, more than ${MOST_HEADER}`);
  if (start.length < preamble + length) fail('is not whole: it ends within its header');
  const text = start.toString('latin1', preamble, preamble + length);
  const descr = /'descr': *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const shape = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1];
  if (order === undefined || shape === undefined)
    fail(`has a header that is not numpy's: ${text.trim().slice(0, 200)}`);
  const remedy = "; save it with numpy.save(file, numpy.ascontiguousarray(array, 'float32'))";
  if (descr !== '<f4' && descr !== '<f8') fail(`has elements of the type ${descr}, not float32${remedy}`);
  if (order === 'True') fail(`is in Fortran order${remedy}`);
  const dims = shape!.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]));
  if (dims.length !== 2) fail(`has ${dims.length} dimensions, not 2: a row for each vector`);
  return { at: preamble + length, rows: dims[0], columns: dims[1], bytesEach: descr === '<f4' ? 4 : 8 };
}
