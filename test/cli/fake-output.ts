import { Writable } from 'node:stream';

/** Stands in for stdout or stderr and keeps what is written. */
export class FakeOutput extends Writable {
  text = '';
  readonly isTTY: boolean;
  columns = 80;

  constructor({ isTTY = false } = {}) {
    super();
    this.isTTY = isTTY;
  }

  hasColors(): boolean {
    return false;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** The lines that a terminal shows after all of it, for text without colors. */
  get screen(): string[] {
    const lines = [''];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of a terminal
    for (const part of this.text.match(/\x1b\[\?25[lh]|\r\x1b\[2K|\n|[^\n\r\x1b]+/g) ?? []) {
      if (part === '\n') lines.push('');
      else if (part === '\r\x1b[2K') lines[lines.length - 1] = '';
      else if (!part.startsWith('\x1b')) lines[lines.length - 1] += part;
    }
    return lines;
  }
}
