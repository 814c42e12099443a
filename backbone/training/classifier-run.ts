import type { Batch, Loader } from '../../datasets/index.ts';
import type { NamedArrays, Schedule, Snapshot, TrainingProgram } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { ClassifierConfig } from '../classifier-config.ts';
import type { RunCheckpoint, RunProgress } from '../run-checkpoint.ts';
import type { RunConfig } from '../run-config.ts';
import { saveRun } from '../run-folder.ts';
import type { Journal } from './journal.ts';
import { RunningMeans } from './running-means.ts';
import type { TrainingSettings } from './settings.ts';
import { score, type Validation } from './validation.ts';

/** How training goes at a step. */
export interface TrainingStep {
  /** The epoch under way, from 1 on, and how many there are. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, and how many there are. */
  readonly step: number;
  readonly steps: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly top1: number;
}

/** How an epoch went. */
export interface TrainingEpoch extends TrainingStep {
  /** Absent where it was not evaluated. */
  readonly validation?: Validation;
  /** Whether it is the best so far. */
  readonly isBest: boolean;
}

export interface TrainingEvents {
  readonly onStep?: ((step: TrainingStep) => void) | undefined;
  readonly onEpoch?: ((epoch: TrainingEpoch) => void | Promise<void>) | undefined;
  /** So many images of so many are evaluated. */
  readonly onEvaluated?: ((images: number, of: number) => void) | undefined;
}

/** What a run is made of. */
export interface RunParts {
  readonly settings: TrainingSettings;
  readonly folder: string;
  /** All settings that a resumed run is compared with. */
  readonly config: RunConfig;
  /** The model's, without its provenance. */
  readonly model: ClassifierConfig;
  readonly shapes: RunCheckpoint['model']['shapes'];
  readonly program: TrainingProgram;
  readonly loader: Loader;
  readonly rates: Schedule;
  readonly journal: Journal;
  readonly validate: (weights: NamedArrays) => Promise<Validation | undefined>;
  readonly checkpointMinutes: number;
  readonly signal?: AbortSignal | undefined;
  readonly events: TrainingEvents;
}

/** Steps from one line of the log to the next. */
const LOG_EVERY = 50;

/** The epochs of a classifier's training, from wherever it stands to the end. */
export class ClassifierRun {
  private readonly parts: RunParts;
  private progress: RunProgress;
  /** Over the steps since the last line of the log, and over the epoch. */
  private readonly window: RunningMeans;
  private readonly epoch: RunningMeans;
  private readonly startedAt = performance.now();
  private readonly secondsBefore: number;
  private savedAt = performance.now();
  /** What the newest checkpoint holds. */
  private saved: RunProgress | undefined;
  /** Of the window, what was seen since the run went on, and since when. */
  private windowAt = performance.now();
  private windowImages = 0;

  constructor(parts: RunParts, progress: RunProgress) {
    this.parts = parts;
    this.progress = progress;
    if (progress.step > 0) this.saved = progress;
    this.secondsBefore = progress.seconds;
    this.window = new RunningMeans(progress.sums.window);
    this.epoch = new RunningMeans(progress.sums.epoch);
  }

  /** Goes on to the end, or until the signal; then all is saved. */
  async run(): Promise<void> {
    const { settings, signal } = this.parts;
    if (!this.saved) await this.save();
    while (this.progress.epoch < settings.epochs) {
      this.startTimer();
      await this.trainEpoch();
      if (signal?.aborted || !(await this.closeEpoch())) {
        const { epoch, step } = this.progress;
        if (step !== this.saved?.step || epoch !== this.saved.epoch) await this.save();
        return;
      }
    }
  }

  /** Progress as it is now. */
  get now(): RunProgress {
    const seconds = this.secondsBefore + (performance.now() - this.startedAt) / 1000;
    return { ...this.progress, seconds, sums: { window: this.window.state, epoch: this.epoch.state } };
  }

  private async trainEpoch(): Promise<void> {
    const { checkpointMinutes, loader, signal } = this.parts;
    const { epoch, batch: from } = this.progress;
    for await (const batch of loader.epoch(epoch, { from, signal })) {
      await this.step(batch);
      if (signal?.aborted) return;
      const isDue = performance.now() - this.savedAt >= checkpointMinutes * 60_000;
      // The end of an epoch is saved in any case.
      if (isDue && this.progress.batch < loader.batches) await this.save();
    }
  }

  private async step({ image, labels, target }: Batch): Promise<void> {
    const { events, loader, program, rates, settings } = this.parts;
    const rate = rates(this.progress.step);
    const { loss, outputs, gradientNorm } = await program.step({ image, target }, rate);
    const [step, batch] = [this.progress.step + 1, this.progress.batch + 1];
    if (!Number.isFinite(loss)) {
      this.log('train', step, { loss, learning_rate: rate });
      throw this.diverged(`the loss of step ${step} is ${loss}`);
    }
    this.progress = { ...this.progress, step, batch };
    const images = labels.length;
    const { top1 } = score(outputs.logits, labels);
    const sums = { loss: loss * images, top1, ...(gradientNorm === undefined ? {} : { norm: gradientNorm * images }) };
    this.windowImages += images;
    this.window.add(images, sums);
    this.epoch.add(images, sums);
    if (batch % LOG_EVERY === 0 || batch === loader.batches) this.logWindow(rate, gradientNorm !== undefined);
    events.onStep?.(this.stateOf(settings.epochs));
  }

  private stateOf(epochs: number): TrainingStep {
    const { epoch, step } = this.progress;
    const [loss, top1] = [this.epoch.mean('loss'), this.epoch.mean('top1')];
    return { epoch: epoch + 1, epochs, step, steps: epochs * this.parts.loader.batches, loss, top1 };
  }

  private logWindow(rate: number, hasNorm: boolean): void {
    const { window } = this;
    const elapsed = (performance.now() - this.windowAt) / 1000;
    this.log('train', this.progress.step, {
      loss: window.mean('loss'),
      top1: window.mean('top1'),
      learning_rate: rate,
      ...(hasNorm ? { gradient_norm: window.mean('norm') } : {}),
      images_per_second: this.windowImages / elapsed,
      seconds: this.now.seconds,
    });
    window.clear();
    this.startTimer();
  }

  private startTimer(): void {
    this.windowAt = performance.now();
    this.windowImages = 0;
  }

  private log(split: 'train' | 'val', step: number, values: Readonly<Record<string, number>>): void {
    this.parts.journal.write({ split, step, epoch: step / this.parts.loader.batches, values });
  }

  /** Evaluates the epoch where it is due, logs it and saves. False where the signal came before. */
  private async closeEpoch(): Promise<boolean> {
    const { events, journal, settings, validate } = this.parts;
    const { epoch, step } = this.progress;
    const isDue = (epoch + 1) % settings.evaluate_every === 0 || epoch + 1 === settings.epochs;
    const snapshot = await this.snapshot();
    const validation = isDue ? await validate(snapshot.average ?? snapshot.weights) : undefined;
    if (isDue && !validation) return false;
    const isBest = validation !== undefined && validation.top1 > (this.progress.best?.value ?? -1);
    if (isBest) this.progress = { ...this.progress, best: { metric: 'top1', value: validation.top1, step } };
    const state = this.stateOf(settings.epochs);
    // A run that is killed between log and checkpoint comes by here again.
    if (!journal.has(step, 'epoch_loss')) {
      this.log('train', step, { epoch_loss: state.loss, epoch_top1: state.top1, seconds: this.now.seconds });
      if (validation) this.log('val', step, { ...validation, seconds: this.now.seconds });
    }
    this.epoch.clear();
    this.progress = { ...this.progress, epoch: epoch + 1, batch: 0 };
    await this.save(snapshot, validation);
    await events.onEpoch?.({ ...state, isBest, ...(validation ? { validation } : {}) });
    return true;
  }

  private async save(snapshot?: Snapshot, validation?: Validation): Promise<void> {
    const { config, folder, journal, loader, model, shapes } = this.parts;
    const state = snapshot ?? (await this.snapshot());
    const progress = this.now;
    const provenance = {
      ...config,
      epochs_done: progress.step / loader.batches,
      steps: progress.step,
      ...(validation ? { evaluation: validation } : {}),
    };
    journal.sync();
    await saveRun(folder, { state, progress, config, model: { config: { ...model, provenance }, shapes } });
    this.saved = progress;
    this.savedAt = performance.now();
  }

  /** The state of the run, which is that of a good one. */
  private async snapshot(): Promise<Snapshot> {
    const snapshot = await this.parts.program.snapshot();
    for (const [name, array] of [snapshot.weights, snapshot.optimiser].flatMap((arrays) => Object.entries(arrays))) {
      if (!array.every(Number.isFinite)) throw this.diverged(`after step ${this.progress.step}, ${name} is not finite`);
    }
    return snapshot;
  }

  private diverged(what: string): ResnetCocoError {
    const { folder, settings } = this.parts;
    const remedy = `begin again with a lower learning rate than ${settings.schedule.rate}, a warmup or clipped gradients`;
    const epoch = `epoch ${this.progress.epoch + 1}`;
    return new ResnetCocoError('DIVERGED', `${what} (${epoch}): ${remedy}; ${folder} keeps the last good checkpoint`);
  }
}
