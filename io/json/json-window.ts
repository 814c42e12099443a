import { readSync } from 'node:fs';

/** Bytes read from the file at a time. */
const CHUNK = 1 << 20;
/** COCO nests six levels; what shows or compares values goes down by calling itself. */
const MAX_DEPTH = 100;
/** Of one element of a list, or of one field that is no list; the largest, a mask of many points, has some hundred kB. */
const MAX_VALUE = 1 << 26;

/** Bytes that mean something in JSON. */
export const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
export const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const hashed = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** The bytes of a file that are in memory: those from `start` on are still needed, `at` is the next to look at. */
export class JsonWindow {
  bytes = Buffer.allocUnsafe(2 * CHUNK);
  start = 0;
  at = 0;
  end = 0;
  /** A hash of the keys of the value last moved over, in order, and of which objects have them. */
  shape = 0;
  /** How many bytes of the file came before `bytes[0]`. */
  private before = 0;
  private readonly descriptor: number;
  private readonly fail: (problem: string) => never;

  /** @param fail is told of a value that is too deep or too long */
  constructor(descriptor: number, fail: (problem: string) => never) {
    this.descriptor = descriptor;
    this.fail = fail;
  }

  /** Reads on; false at the end of the file. */
  more(): boolean {
    const kept = this.end - this.start;
    if (kept > MAX_VALUE)
      this.fail(`has a value of more than ${MAX_VALUE} bytes, before byte ${this.before + this.end}`);
    const target = kept + CHUNK > this.bytes.length ? Buffer.allocUnsafe(2 * (kept + CHUNK)) : this.bytes;
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.before += this.start;
    this.at -= this.start;
    this.start = 0;
    this.end = kept + readSync(this.descriptor, target, kept, CHUNK, null);
    return this.end > kept;
  }

  /** Moves over the byte order mark, if the file begins with it. */
  skipMark(): void {
    while (this.end < BYTE_ORDER_MARK.length && this.more());
    if (this.end >= BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.every((byte, i) => this.bytes[i] === byte)) {
      this.at = BYTE_ORDER_MARK.length;
    }
  }

  /** The next byte that is no white space, without moving over it; undefined at the end of the file. */
  peek(): number | undefined {
    for (;;) {
      while (this.at < this.end && isSpace(this.bytes[this.at])) this.at++;
      if (this.at < this.end) return this.bytes[this.at];
      if (!this.more()) return undefined;
    }
  }

  /**
   * Moves over one value. Its brackets and texts tell where it ends; whether it is JSON shows when it is parsed.
   *
   * @returns false if the file ends within it
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
          // It may have ended after a backslash, whose other half was passed over already.
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
        if (++depth > MAX_DEPTH) this.fail(`nests deeper than ${MAX_DEPTH} levels, at byte ${this.before + at}`);
        if (byte === OPEN_OBJECT) this.shape = hashed(this.shape, byte);
        at++;
        continue;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        // One that is not its own closes the list or object around it.
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
        // The quotes around a key keep it apart from the next.
        if (byte === COLON) for (let i = textBegin; i < textEnd; i++) this.shape = hashed(this.shape, bytes[i]);
        at++;
        continue;
      }
      break;
    }
    this.at = at;
    return true;
  }

  /** The text from `start` to `length` bytes after it. */
  text(length: number): string {
    return this.bytes.toString('utf8', this.start, this.start + length);
  }

  get position(): number {
    return this.before + this.at;
  }
}
