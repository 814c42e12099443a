import type { FileSlice } from './file-slice.ts';

const BLOCK = 1 << 16;

/** Reads the bytes of a file, or of a part of it, in order, one block at a time. */
export class ByteReader {
  position: number;
  readonly #source: FileSlice;
  #block: Uint8Array = new Uint8Array(0);
  #blockStart = 0;

  constructor(source: FileSlice, position: number) {
    this.#source = source;
    this.position = position;
  }

  /** The next `count` bytes, valid until the next read. */
  bytes(count: number): Uint8Array {
    const left = this.#expectLeft(count);
    const inBlock = this.position - this.#blockStart;
    if (inBlock < 0 || inBlock + count > this.#block.length) {
      this.#block = this.#source.read(this.position, Math.min(left, Math.max(BLOCK, count)));
      this.#blockStart = this.position;
    }
    const start = this.position - this.#blockStart;
    this.position += count;
    return this.#block.subarray(start, start + count);
  }

  skip(count: number): void {
    this.#expectLeft(count);
    this.position += count;
  }

  byte(): number {
    const inBlock = this.position - this.#blockStart;
    if (inBlock < 0 || inBlock >= this.#block.length) return this.bytes(1)[0];
    this.position++;
    return this.#block[inBlock];
  }

  /** Little-endian, unsigned. */
  unsigned(count: number): number {
    let value = 0;
    for (let i = 0, scale = 1; i < count; i++, scale *= 256) value += this.byte() * scale;
    return value;
  }

  /** Little-endian, two's complement. */
  signed(count: number): number | bigint {
    if (count > 64) throw new Error(`a whole number of ${count} bytes`);
    if (count === 4) return this.unsigned(4) | 0;
    let value = 0n;
    for (let i = 0; i < count; i++) value |= BigInt(this.byte()) << BigInt(8 * i);
    value = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(count: number): string {
    return Buffer.from(this.bytes(count)).toString('utf8');
  }

  /** The text up to the end of the line, without the line end. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 10; byte = this.byte()) {
      bytes.push(byte);
      if (bytes.length > BLOCK) throw new Error('a line without an end');
    }
    return Buffer.from(bytes).toString('utf8');
  }

  #expectLeft(count: number): number {
    const left = this.#source.length - this.position;
    if (count <= left) return left;
    throw new Error(`the pickle ends early: ${count} bytes wanted, ${left} left`);
  }
}
