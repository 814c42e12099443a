import { ResnetCocoError } from '../../errors.ts';
import type { Terminal } from './terminal.ts';

/** The inputs that failed. Each is reported on stderr at once; the others go on. */
export class Failures {
  readonly #terminal: Terminal;
  readonly #files = new Set<string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many inputs failed; each counts once. */
  get count(): number {
    return this.#files.size;
  }

  /** Reports the failure and returns its text. */
  add(file: string, error: unknown): string {
    this.#files.add(file);
    const message = error instanceof Error ? error.message : String(error);
    const unexpected = error instanceof Error && !(error instanceof ResnetCocoError);
    const text = message.includes(file) ? message : `${file}: ${unexpected ? 'unexpected ' : ''}${message}`;
    this.#terminal.report(`resnet-coco: ${text}`);
    return text;
  }
}
