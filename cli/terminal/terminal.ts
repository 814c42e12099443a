import type { WriteStream } from 'node:tty';
import { ResnetCocoError } from '../../errors.ts';
import { printable, printableJson } from '../../io/printable.ts';
import { type ProgressState, progressBar, progressText, type Unit } from './progress.ts';

/** Intervals between two drawings of the bar on a terminal, and between two lines of progress elsewhere. */
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5000;

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\r\x1b[2K';

/** A stream for output, such as `process.stderr`. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** The current time, and a timer. */
export interface Clock {
  /** Milliseconds since a fixed moment. */
  now(): number;
  /** Repeats `action`. Returns a function that stops it. */
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

/** The text on one line, with control characters made visible. */
export const oneLine = (text: string): string => printable(text.trim().replace(/\s*\n\s*/g, '; '));

/** Writes results (stdout), notes and the progress line (stderr) so that they do not overwrite one another. */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #quiet: boolean;
  readonly #clock: Clock;
  readonly #drawsBar: boolean;
  #progress: Progress | undefined;
  /** Whether the bar is on the screen now. */
  #drawn = false;
  /** Whether the results on the screen end in the middle of a line, as unfinished JSON does. */
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

  /** Prints results to stdout. Resolves when they are written, so that a slow reader slows the command. */
  print(text: string): Promise<void> {
    return this.write(`${printable(text)}\n`);
  }

  /** Prints a value as JSON to stdout. */
  printJson(value: unknown): Promise<void> {
    return this.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Writes JSON, or a part of it, to stdout. A closed pipe is not an error. */
  write(json: string): Promise<void> {
    return this.#send(printableJson(json));
  }

  /** Writes the program's own text to stdout unchanged, with its bold headings. */
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

  /** Whether stderr is a terminal. */
  get isScreen(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** Prints a line to stderr, unless `--quiet`. */
  note(line: string): void {
    if (!this.#quiet) this.report(line);
  }

  /** Prints a line to stderr, always. */
  report(line: string): void {
    this.#clearBar();
    this.#stderr.write(`${this.#midLine ? '\n' : ''}${oneLine(line)}\n`);
    this.#drawBar();
  }

  /**
   * Starts to show progress; `stop()` it before the next. Without a terminal it prints a line at intervals, if anything
   * has changed.
   *
   * @param before how much was done earlier, as in a resumed run
   * @param lineInterval milliseconds between two lines without a terminal
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
    const colors = this.#stderr.hasColors?.() ?? false;
    this.#stderr.write(CLEAR_LINE + progressBar(this.#progress.state, this.#stderr.columns || 80, colors));
  }
}

/** The progress of a task, timed from its creation. */
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

  /** Counts one more as done. */
  advance({ failed = false } = {}): void {
    this.#done++;
    if (failed) this.#failed++;
  }

  /** Sets how much is done. */
  set(done: number, total?: number): void {
    this.#done = done;
    this.#total = total ?? this.#total;
  }

  /** Shows a text instead of the amount, such as `epoch 3/90, loss 1.234, top-1 61.2 %`. */
  describe(text: string): void {
    this.#description = text;
  }

  /** Removes the line from the screen. */
  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  };
}
