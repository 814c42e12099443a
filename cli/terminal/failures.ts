import { ResnetCocoError } from '../../errors.ts';
import type { Terminal } from './terminal.ts';

/** Inputs that failed while all others went on: each is listed on stderr as it comes. */
export class Failures {
  readonly #terminal: Terminal;
  readonly #files = new Set<string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many inputs failed, none counted twice. */
  get count(): number {
    return this.#files.size;
  }

  /** Lists the failure and returns its text. */
  add(file: string, error: unknown): string {
    this.#files.add(file);
    const message = error instanceof Error ? error.message : String(error);
    const unexpected = error instanceof Error && !(error instanceof ResnetCocoError);
    const text = message.includes(file) ? message : `${file}: ${unexpected ? 'unexpected ' : ''}${message}`;
    this.#terminal.report(`resnet-coco: ${text}`);
    return text;
  }
}
