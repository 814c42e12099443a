import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type ErrorCode, ResnetCocoError } from '../../errors.ts';

/** Sizes that one call to the system reads at most. */
const CHUNK = 2 ** 30;

/** A file open for reading. */
export class OpenFile {
  readonly path: string;
  readonly size: number;
  readonly #damage: ErrorCode;
  #descriptor: number | undefined;

  /**
   * @param damage the code of an error where its content is at fault
   * @throws ResnetCocoError FILE_NOT_FOUND
   */
  constructor(path: string, damage: ErrorCode) {
    this.path = path;
    this.#damage = damage;
    try {
      // Asked before it is opened: opening a pipe would wait for whoever writes to it.
      if (statSync(path).isFile()) this.#descriptor = openSync(path, 'r');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: cannot be read (${code})`, { cause: error });
    }
    if (this.#descriptor === undefined) throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: not a file`);
    this.size = fstatSync(this.#descriptor).size;
  }

  /** So many bytes from one position on, in memory of their own. */
  read(position: number, length: number): Uint8Array {
    // The system may have given the descriptor of a closed file to another one.
    if (this.#descriptor === undefined) throw new ResnetCocoError('DISPOSED', `${this.path}: read after close()`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#descriptor, bytes, done, Math.min(CHUNK, length - done), position + done);
      if (count === 0) {
        throw new ResnetCocoError(this.#damage, `${this.path}: became shorter while it was read`);
      }
      done += count;
    }
    return bytes;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** A part of an open file, read where and when it is asked for. */
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

  /** A part of this part, up to its end where no length is given. */
  slice(start: number, length = this.length - start): FileSlice {
    this.#expectInside(start, length);
    return new FileSlice(this.#source, this.#start + start, length);
  }

  /** Its bytes, in memory of their own. */
  read(start = 0, length = this.length - start): Uint8Array {
    this.#expectInside(start, length);
    return this.#source.read(this.#start + start, length);
  }

  #expectInside(start: number, length: number): void {
    if (start >= 0 && length >= 0 && start + length <= this.length) return;
    throw new RangeError(`bytes ${start} to ${start + length} of ${this.length}`);
  }
}
