import { WholeFile } from './whole-file.ts';

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

/** A JSON array in a file that appears, whole, on `commit()`. Throws `FILE_NOT_WRITABLE`. */
export class JsonArrayFile {
  readonly #file: WholeFile;
  readonly #writer: JsonArrayWriter;

  private constructor(file: WholeFile) {
    this.#file = file;
    this.#writer = new JsonArrayWriter((text) => file.write(text));
  }

  static async create(path: string): Promise<JsonArrayFile> {
    return new JsonArrayFile(await WholeFile.create(path));
  }

  push(...elements: readonly unknown[]): Promise<void> {
    return this.#writer.push(...elements);
  }

  async commit(): Promise<void> {
    await this.#writer.end();
    await this.#file.commit();
  }
}
