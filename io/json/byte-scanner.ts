import { CLOSE_LIST, COLON, COMMA, isSpace, OPEN_LIST } from './json-window.ts';

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** Whole numbers below this are exact, also with one more digit. */
const EXACT = (2 ** 53 - 9) / 10;

const [POINT, PLUS, MINUS, ZERO, NINE] = [0x2e, 0x2b, 0x2d, 0x30, 0x39];

/** The rest of a field's name after its opening quote. */
export const nameBytes = (name: string): Uint8Array =>
  Uint8Array.from(`${name}"`, (character) => character.charCodeAt(0));

/** Reads JSON objects of a known form from their bytes, without making texts and objects. */
export abstract class ByteScanner {
  protected bytes: Uint8Array = new Uint8Array(0);
  protected at = 0;
  /** The last number read. */
  protected value = 0;

  /**
   * Reads the object that begins there.
   *
   * @param end of the text that is in memory
   * @returns where the object ends; -1 when it is anything else, to be read as JSON, or cut off
   */
  scan(bytes: Uint8Array, begin: number, end: number): number {
    this.bytes = bytes;
    this.at = begin;
    return this.fields() && this.at <= end ? this.at : -1;
  }

  /** Reads an object. @returns whether it has the known form */
  protected abstract fields(): boolean;

  /** The next byte that is not white space. */
  protected next(): number {
    let byte = this.bytes[this.at];
    while (isSpace(byte)) byte = this.bytes[++this.at];
    return byte;
  }

  protected takes(byte: number): boolean {
    if (this.next() !== byte) return false;
    this.at++;
    return true;
  }

  /** Skips the rest of a name and its colon. */
  protected isName(name: Uint8Array): boolean {
    const bytes = this.bytes;
    const at = this.at;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
    this.at += name.length;
    return this.takes(COLON);
  }

  /** Reads a list of as many numbers as there is room for. */
  protected numbers(into: Float64Array): boolean {
    if (!this.takes(OPEN_LIST)) return false;
    for (let i = 0; i < into.length; i++) {
      if ((i && !this.takes(COMMA)) || !this.number()) return false;
      into[i] = this.value;
    }
    return this.takes(CLOSE_LIST);
  }

  /**
   * Reads a number. Digits up to 2⁵³ and powers of ten up to 22 are exact, and a division rounds once, so the result is
   * as exact as parsing. JavaScript parses longer numbers.
   */
  protected number(): boolean {
    const bytes = this.bytes;
    let byte = this.next();
    const begin = this.at;
    let at = begin;
    const isNegative = byte === MINUS;
    if (isNegative) byte = bytes[++at];
    const firstDigit = at;
    let digits = 0;
    let decimals = 0;
    let isExact = true;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]) {
      if (digits > EXACT) isExact = false;
      digits = digits * 10 + (byte - ZERO);
    }
    const whole = at - firstDigit;
    // JSON allows neither '.5' nor '05'.
    if (!whole || (whole > 1 && bytes[firstDigit] === ZERO)) return false;
    if (byte === POINT) {
      const point = at;
      for (byte = bytes[++at]; byte >= ZERO && byte <= NINE; byte = bytes[++at]) {
        if (digits > EXACT) isExact = false;
        digits = digits * 10 + (byte - ZERO);
      }
      decimals = at - point - 1;
      if (!decimals) return false;
    }
    if (byte === 0x65 || byte === 0x45) {
      isExact = false;
      byte = bytes[++at];
      if (byte === PLUS || byte === MINUS) byte = bytes[++at];
      const exponent = at;
      while (byte >= ZERO && byte <= NINE) byte = bytes[++at];
      if (at === exponent) return false;
    }
    this.at = at;
    if (isExact && decimals < TENS.length) {
      const value = digits / TENS[decimals];
      this.value = isNegative ? -value : value;
      return true;
    }
    let text = '';
    for (let i = begin; i < at; i++) text += String.fromCharCode(bytes[i]);
    this.value = Number(text);
    return Number.isFinite(this.value);
  }
}
