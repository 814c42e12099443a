import { closeSync } from 'node:fs';
import { type ErrorCode, ResnetCocoError } from '../../errors.ts';
import { openFile, readAt, unreadable } from '../regular-file.ts';

/** A file open for reading. */
export class OpenFile {
  readonly path: string;
  readonly size: number;
  readonly #damage: ErrorCode;
  #descriptor: number | undefined;

  /**
   * @param damage error code when the content is wrong
   * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
   */
  constructor(path: string, damage: ErrorCode) {
    this.path = path;
    this.#damage = damage;
    const { descriptor, size } = openFile(path);
    this.#descriptor = descriptor;
    this.size = size;
  }

  /** A copy of `length` bytes at a position. */
  read(position: number, length: number): Uint8Array {
    // The system may have reused the descriptor of a closed file.
    if (this.#descriptor === undefined) throw new ResnetCocoError('DISPOSED', `${this.path}: read after close()`);
    const bytes = new Uint8Array(length);
    const count = this.#fill(this.#descriptor, bytes, position);
    if (count < length) throw new ResnetCocoError(this.#damage, `${this.path}: became shorter while it was read`);
    return bytes;
  }

  #fill(descriptor: number, bytes: Uint8Array, position: number): number {
    try {
      return readAt(descriptor, bytes, position);
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** A part of an open file, read on demand. */
export class FileSlice {
  readonly length: number;
  readonly #source: OpenFile;
  readonly #start: number;

  constructor(source: OpenFile, start = 0, length = source.size) {
    this.#source = source;
    this.#start = start;
    this.length = length;
  }

  /** The file's path. */
  get file(): string {
    return this.#source.path;
  }

  /** A part of this part; by default up to its end. */
  slice(start: number, length = this.length - start): FileSlice {
    this.#expectInside(start, length);
    return new FileSlice(this.#source, this.#start + start, length);
  }

  /** A copy of the bytes. */
  read(start = 0, length = this.length - start): Uint8Array {
    this.#expectInside(start, length);
    return this.#source.read(this.#start + start, length);
  }

  #expectInside(start: number, length: number): void {
    if (start >= 0 && length >= 0 && start + length <= this.length) return;
    throw new RangeError(`bytes ${start} to ${start + length} of ${this.length}`);
  }
}
