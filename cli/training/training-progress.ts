import type { LoopState } from '../../training/index.ts';
import { formatEstimate, formatRate } from '../terminal/progress.ts';
import type { Progress, Terminal } from '../terminal/terminal.ts';

/** Without a terminal, a training run prints its progress once a minute. */
const LINE_INTERVAL_MS = 60_000;

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
export const amount = (value: number): string => value.toPrecision(4);

/** The steps from which the total time is estimated. The first step, which compiles, does not count. */
const MEASURED_STEPS = 5;

/** Shows a bar with the epoch and its means so far, the expected time, and a line for each epoch. */
export class TrainingProgress {
  readonly #terminal: Terminal;
  readonly #batch: number;
  #progress: Progress | undefined;
  #epochAt = performance.now();
  #stepAt = performance.now();
  /** The first step of this process, and when it was finished. */
  #first: { readonly step: number; readonly at: number } | undefined;
  /** The step of the current epoch at which this process started. */
  #stepAtEpoch: number | undefined;

  /** @param batch images per step */
  constructor(terminal: Terminal, batch: number) {
    this.#terminal = terminal;
    this.#batch = batch;
  }

  /** @param measured values such as the loss */
  step({ epoch, epochs, step, steps }: LoopState, measured: string): void {
    const batch = this.#batch;
    this.#stepAtEpoch ??= step - 1;
    this.#progress ??= this.#terminal.startProgress('images', steps * batch, (step - 1) * batch, LINE_INTERVAL_MS);
    this.#progress.set(step * batch);
    this.#progress.describe(`epoch ${epoch}/${epochs}, ${measured}`);
    this.#stepAt = performance.now();
    this.#first ??= { step, at: this.#stepAt };
    if (step - this.#first.step === MEASURED_STEPS && step < steps) this.#tellTime(step, steps);
  }

  #tellTime(step: number, steps: number): void {
    const { at } = this.#first!;
    const seconds = (this.#stepAt - at) / MEASURED_STEPS / 1000;
    const left = seconds * (steps - step);
    this.#terminal.note(
      `expected time: ${formatEstimate(left)} for the remaining ${steps - step} steps, at ${formatEstimate(seconds)} a step; plus evaluation`,
    );
  }

  evaluated(images: number, of: number): void {
    this.#progress?.describe(`evaluating ${images}/${of} images`);
  }

  /** @param measured means of the training @param evaluated values of the evaluation; undefined without one */
  epoch({ epoch, epochs, step }: LoopState, measured: string, evaluated: string | undefined, isBest: boolean): void {
    const now = performance.now();
    const seconds = (this.#stepAt - this.#epochAt) / 1000;
    const images = (step - (this.#stepAtEpoch ?? step)) * this.#batch;
    const parts = [measured];
    if (evaluated !== undefined) parts.push(`evaluated: ${evaluated}${isBest ? ', the best so far' : ''}`);
    const left = ((now - this.#epochAt) / 1000) * (epochs - epoch);
    if (left && images) parts.push(`${formatEstimate(left)} left`);
    const rate = images / seconds;
    if (images) parts.push(rate < 0.5 ? formatRate('images', rate) : `${Math.round(rate)} images/s`);
    this.#terminal.note(`epoch ${epoch}/${epochs}: ${parts.join('; ')}`);
    this.#epochAt = now;
    this.#stepAtEpoch = step;
  }

  stop(): void {
    this.#progress?.stop();
  }
}
