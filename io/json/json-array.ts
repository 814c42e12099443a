import { WholeFile } from '../whole-file.ts';

/** Writes a JSON array element by element, one per line, without holding them. It is valid JSON after `end()`. */
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

/** An array below this size is published after each element; a larger one when it has grown by this share. */
const SMALL = 1 << 20;
const GROWTH = 1.05;

/** The state of a `JsonArrayFile`. */
interface ArrayState {
  readonly bytes: number;
  readonly isEmpty: boolean;
}

/** The end of the file, which the next element overwrites. */
const endOf = ({ isEmpty }: ArrayState): Buffer => Buffer.from(isEmpty ? ']\n' : '\n]\n');

/**
 * A JSON array in a file, one element per line, valid JSON at all times. It grows in a temporary file beside its path;
 * a copy at the path is kept up to date. Throws `FILE_NOT_WRITABLE`.
 */
export class JsonArrayFile {
  readonly #file: WholeFile;
  #state: ArrayState = { bytes: 0, isEmpty: true };
  /** Size of the published copy. */
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

  /** Adds elements, all or none: if the file system refuses them, the array is unchanged. */
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

  /** Removes what was pushed after `state`. Needs no disk space. */
  async restore(state: ArrayState): Promise<void> {
    const end = endOf(state);
    await this.#file.truncate(state.bytes);
    await this.#file.writeAt(end, state.bytes - end.length);
    this.#state = state;
  }

  /** Updates the copy at the path, unless the array is long and has grown little. */
  async publish(): Promise<void> {
    const { bytes } = this.#state;
    if (bytes === this.#published || (bytes > SMALL && bytes < this.#published * GROWTH)) return;
    await this.#file.publish();
    this.#published = bytes;
  }

  /** Moves the array to its path. Needs no disk space. */
  async commit(): Promise<void> {
    await this.#file.commit();
  }
}
