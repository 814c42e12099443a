import type { TrainingEpoch, TrainingStep } from '../backbone/index.ts';
import type { Progress, Terminal } from './terminal.ts';

/** A training run that is piped says how it goes once a minute. */
const LINE_INTERVAL_MS = 60_000;

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const amount = (value: number): string => value.toPrecision(4);

/** A bar with the epoch, its loss and accuracy so far, and a line for each epoch. */
export class TrainingProgress {
  private readonly terminal: Terminal;
  private readonly batch: number;
  private progress: Progress | undefined;
  private epochAt = performance.now();
  /** Of the epoch under way when it was begun here. */
  private stepAtEpoch: number | undefined;

  /** @param batch images of a step */
  constructor(terminal: Terminal, batch: number) {
    this.terminal = terminal;
    this.batch = batch;
  }

  step({ epoch, epochs, loss, step, steps, top1 }: TrainingStep): void {
    const { batch } = this;
    this.stepAtEpoch ??= step - 1;
    this.progress ??= this.terminal.startProgress('images', steps * batch, (step - 1) * batch, LINE_INTERVAL_MS);
    this.progress.set(step * batch);
    this.progress.describe(`epoch ${epoch}/${epochs}, loss ${amount(loss)}, top-1 ${percent(top1)}`);
  }

  evaluated(images: number, of: number): void {
    this.progress?.describe(`evaluating ${images}/${of} images`);
  }

  epoch({ epoch, epochs, isBest, loss, step, top1, validation }: TrainingEpoch): void {
    const seconds = (performance.now() - this.epochAt) / 1000;
    const images = (step - (this.stepAtEpoch ?? step)) * this.batch;
    const parts = [`loss ${amount(loss)}, top-1 ${percent(top1)}`];
    if (validation) {
      const { top5 } = validation;
      const best = isBest ? ', the best so far' : '';
      const fifth = top5 === undefined ? '' : `, top-5 ${percent(top5)}`;
      parts.push(`evaluated: loss ${amount(validation.loss)}, top-1 ${percent(validation.top1)}${fifth}${best}`);
    }
    if (images) parts.push(`${Math.round(images / seconds)} images/s`);
    this.terminal.note(`epoch ${epoch}/${epochs}: ${parts.join('; ')}`);
    this.epochAt = performance.now();
    this.stepAtEpoch = step;
  }

  stop(): void {
    this.progress?.stop();
  }
}
