import { readSync } from 'node:fs';

/** Bytes read from the file at a time. */
const CHUNK = 1 << 20;
/** COCO nests six levels; code that shows or compares values is recursive. */
const MAX_DEPTH = 100;
/** Largest element of a list, or field that is not a list; a mask of many points has some hundred kB. */
const MAX_VALUE = 1 << 26;

/** Bytes with a meaning in JSON. */
export const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
export const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const hashed = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** The bytes of a file that are in memory: those from `start` are still needed, `at` is the next to read. */
export class JsonWindow {
  bytes = Buffer.allocUnsafe(2 * CHUNK);
  start = 0;
  at = 0;
  end = 0;
  /** A hash of the keys of the last skipped value, in order, and of the objects they belong to. */
  shape = 0;
  /** Number of bytes of the file before `bytes[0]`. */
  #before = 0;
  readonly #descriptor: number;
  readonly #fail: (problem: string) => never;

  /** @param fail called for a value that is too deep or too long */
  constructor(descriptor: number, fail: (problem: string) => never) {
    this.#descriptor = descriptor;
    this.#fail = fail;
  }

  /** Reads more; false at the end of the file. */
  more(): boolean {
    const kept = this.end - this.start;
    if (kept > MAX_VALUE)
      this.#fail(`has a value of more than ${MAX_VALUE} bytes, before byte ${this.#before + this.end}`);
    const target = kept + CHUNK > this.bytes.length ? Buffer.allocUnsafe(2 * (kept + CHUNK)) : this.bytes;
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.#before += this.start;
    this.at -= this.start;
    this.start = 0;
    this.end = kept + readSync(this.#descriptor, target, kept, CHUNK, null);
    return this.end > kept;
  }

  /** Skips the byte-order mark at the start of the file, if any. */
  skipMark(): void {
    while (this.end < BYTE_ORDER_MARK.length && this.more());
    if (this.end >= BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.every((byte, i) => this.bytes[i] === byte)) {
      this.at = BYTE_ORDER_MARK.length;
    }
  }

  /** The next byte that is not white space, without skipping it; undefined at the end of the file. */
  peek(): number | undefined {
    for (;;) {
      while (this.at < this.end && isSpace(this.bytes[this.at])) this.at++;
      if (this.at < this.end) return this.bytes[this.at];
      if (!this.more()) return undefined;
    }
  }

  /**
   * Skips one value. Brackets and strings tell where it ends; parsing tells later whether it is JSON.
   *
   * @returns false when the file ends within it
   */
  skipValue(): boolean {
    let { bytes, end, at } = this;
    let depth = 0;
    let isText = false;
    let [textBegin, textEnd] = [at, at];
    this.shape = 0;
    for (;;) {
      if (at >= end) {
        this.at = at;
        textBegin -= this.start;
        textEnd -= this.start;
        if (!this.more()) {
          // The file ends after a backslash, whose escaped character was skipped already.
          this.at = this.end;
          return depth === 0 && !isText && this.at > this.start;
        }
        ({ bytes, end, at } = this);
        continue;
      }
      const byte = bytes[at];
      if (isText) {
        at++;
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) {
          isText = false;
          textEnd = at;
        }
        if (isText || depth > 0) continue;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (++depth > MAX_DEPTH) this.#fail(`nests deeper than ${MAX_DEPTH} levels, at byte ${this.#before + at}`);
        if (byte === OPEN_OBJECT) this.shape = hashed(this.shape, byte);
        at++;
        continue;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        // A bracket that is not its own closes the list or object around it.
        if (depth === 0) break;
        if (byte === CLOSE_OBJECT) this.shape = hashed(this.shape, byte);
        at++;
        if (--depth > 0) continue;
      } else if (byte === QUOTE) {
        isText = true;
        textBegin = at;
        at++;
        continue;
      } else if (depth > 0 || (byte !== COMMA && !isSpace(byte))) {
        // Quotes around a key separate it from the next.
        if (byte === COLON) for (let i = textBegin; i < textEnd; i++) this.shape = hashed(this.shape, bytes[i]);
        at++;
        continue;
      }
      break;
    }
    this.at = at;
    return true;
  }

  /** The text of `length` bytes from `start`. */
  text(length: number): string {
    return this.bytes.toString('utf8', this.start, this.start + length);
  }

  get position(): number {
    return this.#before + this.at;
  }
}
