import { isUtf8 } from 'node:buffer';
import { repeatedKeyProblem, structureProblem } from './json-keys.ts';
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  type JsonWindow,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from './json-window.ts';

/** Elements are parsed together up to this length of text. */
const BATCH = 1 << 18;
/** Elements that are offered to a caller are whole in memory up to this length. */
const LONGEST_TAKEN = 1 << 12;

/**
 * A part of a JSON file: some elements of a list, in order, or a value that is not a list. `field` names the field of
 * the outermost object; undefined when the file itself is a list or a value.
 */
export type JsonPart =
  | { readonly field: string | undefined; readonly elements: JsonElements }
  | { readonly field: string | undefined; readonly value: unknown };

/** Elements of a list, still as text. They are valid until the next part is read. */
export interface JsonElements {
  /** Index of the first element in the list. */
  readonly first: number;
  readonly count: number;
  /** The text as UTF-8. Element i ends at `ends[i]`; the next begins after a comma and white space. */
  readonly bytes: Uint8Array;
  readonly ends: ArrayLike<number>;
  /** @throws ResnetCocoError when an element is not JSON; names the element */
  parse(): unknown[];
  parseOne(i: number): unknown;
}

/**
 * Reads an element of a list itself, from its first byte on.
 *
 * @returns where it ends; -1 to have it read as JSON, as what is wrong or cut off at `end` must be
 */
export type TakeElement = (bytes: Uint8Array, begin: number, end: number) => number;

/** Reads the parts of the file behind a window. */
export class PartReader {
  readonly #window: JsonWindow;
  readonly #fail: (problem: string) => never;
  /** Shapes of values without duplicate keys. Most elements of a list share a shape, so few are checked in full. */
  readonly #shapes = new Set<number>();
  readonly #take: TakeElement | undefined;
  readonly #takenField: string | undefined;

  constructor(
    window: JsonWindow,
    fail: (problem: string) => never,
    take: TakeElement | undefined,
    takenField: string | undefined,
  ) {
    this.#window = window;
    this.#fail = fail;
    this.#take = take;
    this.#takenField = takenField;
  }

  *parts(): Generator<JsonPart> {
    const window = this.#window;
    window.skipMark();
    const first = window.peek();
    if (first === undefined) this.#fail('is empty');
    // A byte-order mark of UTF-16, or a character with NUL bytes: in UTF-32 two or three of four are NUL.
    const [, second, ...rest] = window.bytes.subarray(window.at, Math.min(window.at + 4, window.end));
    const isWide = first >= 0xfe || first === 0 || second === 0;
    const nuls = [first, second, ...rest].filter((byte) => byte === 0).length;
    const encoding = nuls > 2 || (nuls === 2 && (first >= 0xfe || (first === 0 && second === 0))) ? 'UTF-32' : 'UTF-16';
    if (isWide) this.#fail(`is text in ${encoding}, as it seems, and JSON is in UTF-8; save it as that`);
    if (first === OPEN_OBJECT) yield* this.#object();
    else yield* this.#value(undefined);
    if (window.peek() !== undefined) this.#wrong('the end of the file');
  }

  *#object(): Generator<JsonPart> {
    const window = this.#window;
    window.at++;
    const fields = new Set<string>();
    for (let isFirst = true; ; isFirst = false) {
      if (isFirst && window.peek() === CLOSE_OBJECT) break;
      if (window.peek() !== QUOTE) this.#wrong('the name of a field');
      const field = String(this.#single('the name of a field'));
      if (window.peek() !== COLON) this.#wrong(`':' after "${field}"`);
      if (fields.has(field)) this.#fail(repeatedKeyProblem(field));
      fields.add(field);
      window.at++;
      yield* this.#value(field);
      const next = window.peek();
      if (next === CLOSE_OBJECT) break;
      if (next !== COMMA) this.#wrong(`',' or '}' after ${field}`);
      window.at++;
    }
    window.at++;
  }

  *#value(field: string | undefined): Generator<JsonPart> {
    if (this.#window.peek() === OPEN_LIST) yield* this.#list(field);
    else yield { field, value: this.#single(field ?? 'the file', field === undefined) };
  }

  *#list(field: string | undefined): Generator<JsonPart> {
    const window = this.#window;
    window.at++;
    const place = (index: number) => `${field ?? ''}[${index}]`;
    let isLast = window.peek() === CLOSE_LIST;
    if (isLast) {
      window.at++;
      yield { field, elements: this.#elements(0, [], place) };
    }
    for (let count = 0; !isLast; ) {
      if (this.#take && field === this.#takenField) {
        for (; !isLast && this.#takesOne(this.#take); count++) isLast = this.#endsElement(place, count);
        if (isLast) break;
      }
      // The batch, from the window's start to its end, holds elements and the commas between them.
      const first = count;
      const ends: number[] = [];
      let length = 0;
      do {
        if (window.peek() === undefined) this.#endsWithin(place(count));
        if (!ends.length) window.start = window.at;
        if (!window.skipValue()) this.#endsWithin(place(count));
        if (!this.#shapes.has(window.shape)) this.#checkKeys(length, place(count));
        length = window.at - window.start;
        ends.push(length);
        isLast = this.#endsElement(place, count);
        count++;
      } while (!isLast && length < BATCH);
      yield { field, elements: this.#elements(first, ends, place) };
      window.start = window.at;
    }
  }

  /** Offers the next element. @returns whether it was taken */
  #takesOne(take: TakeElement): boolean {
    const window = this.#window;
    window.start = window.at;
    if (window.end - window.at < LONGEST_TAKEN) window.more();
    if (window.peek() === undefined) return false;
    const end = take(window.bytes, window.at, window.end);
    if (end >= 0) window.at = end;
    return end >= 0;
  }

  /** Passes what follows an element of a list. @returns whether the list ends there */
  #endsElement(place: (index: number) => string, index: number): boolean {
    const next = this.#window.peek();
    if (next === undefined) this.#endsWithin(place(index));
    if (next !== COMMA && next !== CLOSE_LIST) this.#wrong(`',' or ']' after ${place(index)}`);
    this.#window.at++;
    return next === CLOSE_LIST;
  }

  #elements(first: number, ends: readonly number[], place: (index: number) => string): JsonElements {
    const window = this.#window;
    const count = ends.length;
    const bytes = window.bytes.subarray(window.start, window.start + (count ? ends[count - 1] : 0));
    if (!isUtf8(bytes)) {
      const at = ends.findIndex((end, i) => !isUtf8(bytes.subarray(i ? ends[i - 1] : 0, end)));
      this.#notUtf8(place(first + at));
    }
    const parseOne = (i: number) => {
      const begin = i ? bytes.indexOf(COMMA, ends[i - 1]) + 1 : 0;
      return this.#parse(bytes.toString('utf8', begin, ends[i]), place(first + i));
    };
    const parse = () => {
      try {
        const items = JSON.parse(`[${bytes.toString('utf8')}]`) as unknown[];
        if (items.length === count) return items;
      } catch {}
      // One by one, to find the wrong one.
      return ends.map((_, i) => parseOne(i));
    };
    return { first, count, bytes, ends, parse, parseOne };
  }

  /** Parses the next value alone. */
  #single(place: string, isWholeFile = false): unknown {
    const window = this.#window;
    if (window.peek() === undefined) this.#endsWithin(place);
    window.start = window.at;
    if (!window.skipValue()) this.#endsWithin(place);
    if (!this.#shapes.has(window.shape)) this.#checkKeys(0, place);
    if (!isUtf8(window.bytes.subarray(window.start, window.at))) this.#notUtf8(place);
    const text = window.text(window.at - window.start);
    if (!isWholeFile && window.peek() === undefined) this.#endsWithin(place);
    window.start = window.at;
    return this.#parse(text, place);
  }

  /** Refuses a value with a duplicate key. @param begin of the value, relative to the window's start */
  #checkKeys(begin: number, place: string): void {
    const window = this.#window;
    const text = window.bytes.toString('utf8', window.start + begin, window.at);
    let problem: string | undefined;
    try {
      problem = structureProblem(text);
    } catch {
      // Not JSON: parsing reports where.
      return;
    }
    if (problem !== undefined) this.#fail(`${place} ${problem}`);
    this.#shapes.add(window.shape);
  }

  #parse(text: string, place: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (text.trim() === '') this.#fail(`${place} is not JSON: there is no value; is a comma too many?`);
      const unknown = /\b(NaN|Infinity)\b/.exec(text)?.[0];
      const reason = unknown ? `JSON has no ${unknown}` : (error as Error).message;
      return this.#fail(`${place} is not JSON: ${reason}; it reads ${shortened(text.trim())}`);
    }
  }

  #wrong(expected: string): never {
    const window = this.#window;
    if (window.peek() === undefined) this.#endsWithin(expected);
    const found = shortened(window.bytes.toString('utf8', window.at, Math.min(window.end, window.at + 40)));
    return this.#fail(`is not JSON: after ${window.position} bytes it wants ${expected} and has ${found}`);
  }

  #notUtf8(place: string): never {
    return this.#fail(`${place} is not text in UTF-8, as JSON is; save the file in that encoding`);
  }

  #endsWithin(place: string): never {
    return this.#fail(`is not whole: it ends after ${this.#window.position} bytes, at ${place}`);
  }
}

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
