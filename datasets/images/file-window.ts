import type { FileHandle } from 'node:fs/promises';

/** Bytes that are read at once. */
export const BLOCK = 1 << 14;

/** Random access: `length` bytes from a position; fewer at the end. */
export interface Window {
  read(position: number, length: number): Promise<Uint8Array>;
}

/** A file, read one block at a time. */
export class FileWindow implements Window {
  readonly #file: FileHandle;
  #start = 0;
  #block = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const from = position - this.#start;
    if (from >= 0 && from + length <= this.#block.length) return this.#block.subarray(from, from + length);
    const buffer = new Uint8Array(Math.max(length, BLOCK));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.#file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    [this.#start, this.#block] = [position, buffer.subarray(0, filled)];
    return this.#block.subarray(0, length);
  }
}
