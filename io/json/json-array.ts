import { WholeFile } from '../whole-file.ts';

/** Writes a JSON array element by element, one a line, holding none of them. Valid JSON once `end()` was called. */
export class JsonArrayWriter {
  readonly #write: (text: string) => Promise<void>;
  #count = 0;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  async push(...elements: readonly unknown[]): Promise<void> {
    let text = '';
    for (const element of elements) text += (this.#count++ ? ',\n' : '[\n') + JSON.stringify(element);
    if (text) await this.#write(text);
  }

  async end(): Promise<void> {
    await this.#write(this.#count ? '\n]\n' : '[]\n');
  }
}

/** An array that is shorter is put in its place after each element that it gets; a longer one, when it has grown by that share. */
const SMALL = 1 << 20;
const GROWTH = 1.05;

/** How far a `JsonArrayFile` has come. */
interface ArrayState {
  readonly bytes: number;
  readonly isEmpty: boolean;
}

/** What the file ends with, of which the next element takes the place. */
const endOf = ({ isEmpty }: ArrayState): Buffer => Buffer.from(isEmpty ? ']\n' : '\n]\n');

/**
 * A JSON array in a file, an element a line, which is valid JSON at any moment: beside its place, where it grows, and in
 * its place, where a copy is kept up to date. Throws `FILE_NOT_WRITABLE`.
 */
export class JsonArrayFile {
  readonly #file: WholeFile;
  #state: ArrayState = { bytes: 0, isEmpty: true };
  /** Bytes of the copy in its place. */
  #published = 0;

  private constructor(file: WholeFile) {
    this.#file = file;
  }

  static async create(path: string): Promise<JsonArrayFile> {
    const file = await WholeFile.create(path);
    try {
      await file.writeAt(Buffer.from('[]\n'), 0);
    } catch (error) {
      await file.discard();
      throw error;
    }
    const array = new JsonArrayFile(file);
    array.#state = { bytes: 3, isEmpty: true };
    return array;
  }

  get state(): ArrayState {
    return this.#state;
  }

  /** Adds elements, all or none: where the file system refuses them, the array is as it was. */
  async push(...elements: readonly unknown[]): Promise<void> {
    if (!elements.length) return;
    const before = this.#state;
    const position = before.bytes - endOf(before).length;
    const lines = elements.map((element) => JSON.stringify(element)).join(',\n');
    const bytes = Buffer.from(`${before.isEmpty ? '\n' : ',\n'}${lines}\n]\n`);
    try {
      await this.#file.writeAt(bytes, position);
      this.#state = { bytes: position + bytes.length, isEmpty: false };
    } catch (error) {
      await this.restore(before);
      throw error;
    }
  }

  /** Takes back what was pushed since `state` was that. It needs no room on the disk. */
  async restore(state: ArrayState): Promise<void> {
    const end = endOf(state);
    await this.#file.truncate(state.bytes);
    await this.#file.writeAt(end, state.bytes - end.length);
    this.#state = state;
  }

  /** Brings the copy in its place up to date, unless it is long and has grown but little. */
  async publish(): Promise<void> {
    const { bytes } = this.#state;
    if (bytes === this.#published || (bytes > SMALL && bytes < this.#published * GROWTH)) return;
    await this.#file.publish();
    this.#published = bytes;
  }

  /** Puts it in its place; that needs no room on the disk. */
  async commit(): Promise<void> {
    await this.#file.commit();
  }
}
