import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isSpace,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from '../../io/json/json-window.ts';

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** Whole numbers below this are exact, also with one more digit. */
const EXACT = (2 ** 53 - 9) / 10;

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const [IMAGE_ID, CATEGORY_ID, BBOX, SCORE] = ['image_id"', 'category_id"', 'bbox"', 'score"'].map(bytesOf);
const [POINT, PLUS, MINUS, ZERO, NINE] = [0x2e, 0x2b, 0x2d, 0x30, 0x39];

/**
 * Reads results such as `{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236}`
 * from their text without making objects, which would take most of the evaluation's time.
 */
export class BoxScanner {
  imageId = 0;
  categoryId = 0;
  readonly box = new Float64Array(4);
  score = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The last number read. */
  #value = 0;

  /**
   * Reads the result that begins there.
   *
   * @param end of the text that is in memory
   * @returns where the result ends; -1 when it is anything else, to be read as JSON, or cut off
   */
  scan(bytes: Uint8Array, begin: number, end: number): number {
    this.#bytes = bytes;
    this.#at = begin;
    return this.#fields() && this.#at <= end ? this.#at : -1;
  }

  #fields(): boolean {
    if (!this.#takes(OPEN_OBJECT)) return false;
    for (let seen = 0; ; ) {
      if (!this.#takes(QUOTE)) return false;
      if (this.#isName(IMAGE_ID)) {
        if (seen & 1 || !this.#number()) return false;
        this.imageId = this.#value;
        seen |= 1;
      } else if (this.#isName(CATEGORY_ID)) {
        if (seen & 2 || !this.#number()) return false;
        this.categoryId = this.#value;
        seen |= 2;
      } else if (this.#isName(SCORE)) {
        if (seen & 4 || !this.#number()) return false;
        this.score = this.#value;
        seen |= 4;
      } else if (this.#isName(BBOX)) {
        if (seen & 8 || !this.#boxNumbers()) return false;
        seen |= 8;
      } else {
        return false;
      }
      if (this.#takes(COMMA)) continue;
      return this.#takes(CLOSE_OBJECT) && seen === 15;
    }
  }

  /** Whether every number of the box is from -most to most. */
  isWithin(most: number): boolean {
    for (let side = 0; side < 4; side++) if (!(Math.abs(this.box[side]) <= most)) return false;
    return true;
  }

  #boxNumbers(): boolean {
    if (!this.#takes(OPEN_LIST)) return false;
    for (let side = 0; side < 4; side++) {
      if ((side && !this.#takes(COMMA)) || !this.#number()) return false;
      this.box[side] = this.#value;
    }
    return this.#takes(CLOSE_LIST);
  }

  /** The next byte that is not white space. */
  #next(): number {
    let byte = this.#bytes[this.#at];
    while (isSpace(byte)) byte = this.#bytes[++this.#at];
    return byte;
  }

  #takes(byte: number): boolean {
    if (this.#next() !== byte) return false;
    this.#at++;
    return true;
  }

  /** Skips the rest of a name and its colon. */
  #isName(name: Uint8Array): boolean {
    for (let i = 0; i < name.length; i++) if (this.#bytes[this.#at + i] !== name[i]) return false;
    this.#at += name.length;
    return this.#takes(COLON);
  }

  /**
   * Reads a number. Digits up to 2⁵³ and powers of ten up to 22 are exact, and a division rounds once, so the result is
   * as exact as parsing. JavaScript parses longer numbers.
   */
  #number(): boolean {
    const bytes = this.#bytes;
    let byte = this.#next();
    const begin = this.#at;
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
    this.#at = at;
    if (isExact && decimals < TENS.length) {
      const value = digits / TENS[decimals];
      this.#value = isNegative ? -value : value;
      return true;
    }
    let text = '';
    for (let i = begin; i < at; i++) text += String.fromCharCode(bytes[i]);
    this.#value = Number(text);
    return Number.isFinite(this.#value);
  }
}
