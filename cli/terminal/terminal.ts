import type { WriteStream } from 'node:tty';
import { ResnetCocoError } from '../../errors.ts';
import { printable, printableJson } from '../../io/printable.ts';
import { type ProgressState, progressBar, progressText, type Unit } from './progress.ts';

/** Between two drawings of the bar on a terminal, and between two lines of progress elsewhere. */
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5000;

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\r\x1b[2K';

/** What is written to, such as `process.stderr`. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** The time, and what is done again and again. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Returns what stops it. */
  every(milliseconds: number, action: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  every: (milliseconds, action) => {
    const timer = setInterval(action, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

export interface TerminalOptions {
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** No progress and no notes; failures are still reported. */
  readonly quiet?: boolean;
  readonly clock?: Clock;
}

/** The text on one line, control characters made visible. */
export const oneLine = (text: string): string => printable(text.trim().replace(/\s*\n\s*/g, '; '));

/** Keeps results (stdout), notes and the progress line (stderr) from garbling one another. */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #quiet: boolean;
  readonly #clock: Clock;
  readonly #drawsBar: boolean;
  #progress: Progress | undefined;
  /** The bar is on the screen now. */
  #drawn = false;
  /** Results on this screen end in the middle of a line, as JSON does until its end. */
  #midLine = false;

  constructor({
    stdout = process.stdout,
    stderr = process.stderr,
    quiet = false,
    clock = systemClock,
  }: TerminalOptions = {}) {
    this.#clock = clock;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#quiet = quiet;
    this.#drawsBar = stderr.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** A line, or lines, of results on stdout. Resolves when they are handed on, so that a slow reader slows us. */
  print(text: string): Promise<void> {
    return this.write(`${printable(text)}\n`);
  }

  /** A value as JSON on stdout. */
  printJson(value: unknown): Promise<void> {
    return this.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** JSON, or a part of it, on stdout. A reader that has gone away is not an error here. */
  write(json: string): Promise<void> {
    return this.#send(printableJson(json));
  }

  /** Text of our own on stdout, as it stands, with the bold heads that it may have. */
  writeStyled(text: string): Promise<void> {
    return this.#send(text);
  }

  #send(text: string): Promise<void> {
    if (this.#stdout.isTTY) {
      this.#clearBar();
      this.#midLine = !text.endsWith('\n');
    }
    return new Promise((resolve, reject) => {
      this.#stdout.write(text, (error?: NodeJS.ErrnoException | null) => {
        this.#drawBar();
        if (!error || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') resolve();
        else reject(new ResnetCocoError('FILE_NOT_WRITABLE', `cannot write to stdout: ${error.message}`));
      });
    });
  }

  /** Whether a person reads stderr, as far as can be told. */
  get isScreen(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** A line on stderr that `--quiet` leaves out. */
  note(line: string): void {
    if (!this.#quiet) this.report(line);
  }

  /** A line on stderr that is always shown. */
  report(line: string): void {
    this.#clearBar();
    this.#stderr.write(`${this.#midLine ? '\n' : ''}${oneLine(line)}\n`);
    this.#drawBar();
  }

  /**
   * Begins to show progress; `stop()` it before the next. Where there is no terminal it is a line now and then, if there
   * is news; work of less than a second has none.
   *
   * @param before what was done of it earlier, as of a run that is resumed
   * @param lineInterval milliseconds between two lines where there is no terminal
   */
  startProgress(unit: Unit, total?: number, before = 0, lineInterval = LINE_INTERVAL_MS): Progress {
    const progress = new Progress(unit, total, before, this.#clock, () => {
      this.#clearBar();
      this.#progress = undefined;
      stopShowing();
      if (this.#drawsBar && !this.#quiet) this.#stderr.write(SHOW_CURSOR);
      process.off('exit', progress.stop);
    });
    this.#progress = progress;
    const news = ({ done, failed, description }: ProgressState): string => `${done} ${failed} ${description}`;
    let told = news(progress.state);
    const noteNews = (): void => {
      const { state } = progress;
      if (news(state) !== told) this.note(progressText(state));
      told = news(state);
    };
    const stopShowing = this.#drawsBar
      ? this.#clock.every(BAR_INTERVAL_MS, () => this.#drawBar())
      : this.#clock.every(lineInterval, noteNews);
    if (this.#drawsBar && !this.#quiet) this.#stderr.write(HIDE_CURSOR);
    process.on('exit', progress.stop);
    this.#drawBar();
    return progress;
  }

  #clearBar(): void {
    if (this.#drawn) this.#stderr.write(CLEAR_LINE);
    this.#drawn = false;
  }

  #drawBar(): void {
    if (!this.#progress || !this.#drawsBar || this.#quiet || this.#midLine) return;
    this.#drawn = true;
    // hasColors() knows NO_COLOR and the terminal's abilities.
    const colours = this.#stderr.hasColors?.() ?? false;
    this.#stderr.write(CLEAR_LINE + progressBar(this.#progress.state, this.#stderr.columns || 80, colours));
  }
}

/** What has been done of a task, counted from when it was made. */
export class Progress {
  readonly #unit: Unit;
  readonly #clock: Clock;
  readonly #started: number;
  readonly #onStop: () => void;
  readonly #before: number;
  #total: number | undefined;
  #done: number;
  #failed = 0;
  #description: string | undefined;
  #stopped = false;

  constructor(unit: Unit, total: number | undefined, before: number, clock: Clock, onStop: () => void) {
    this.#clock = clock;
    this.#started = clock.now();
    this.#unit = unit;
    this.#total = total;
    this.#before = before;
    this.#done = before;
    this.#onStop = onStop;
  }

  get state(): ProgressState {
    return {
      unit: this.#unit,
      done: this.#done,
      before: this.#before,
      total: this.#total,
      failed: this.#failed,
      seconds: (this.#clock.now() - this.#started) / 1000,
      description: this.#description,
    };
  }

  /** One more is done. */
  advance({ failed = false } = {}): void {
    this.#done++;
    if (failed) this.#failed++;
  }

  /** So much is done. */
  set(done: number, total?: number): void {
    this.#done = done;
    this.#total = total ?? this.#total;
  }

  /** Says how it goes in place of the amount done, such as `epoch 3/90, loss 1.234, top-1 61.2 %`. */
  describe(text: string): void {
    this.#description = text;
  }

  /** Takes the line off the screen. */
  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  };
}
