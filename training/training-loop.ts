import { numberProblem } from '../checkpoints/finite.ts';
import type { Schedule, Snapshot } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { Journal } from './journal.ts';
import type { RunProgress } from './run-checkpoint.ts';
import type { RunConfig } from './run-config.ts';
import { saveRun } from './run-folder.ts';
import { RunningMeans } from './running-means.ts';
import {
  type EarlyEnd,
  type LoopState,
  type Numbers,
  shapedWeights,
  type Trainer,
  type TrainingTask,
} from './training-task.ts';

/** The parts of a loop. B: the batch of a step; V: the values of an evaluation. */
export interface LoopParts<B, V extends Numbers> {
  readonly task: TrainingTask<B, V>;
  readonly trainer: Trainer<B>;
  readonly folder: string;
  /** All settings, which a resumed run must match. */
  readonly config: RunConfig;
  readonly rates: Schedule;
  readonly journal: Journal;
  readonly checkpointMinutes: number;
  /** When the run ends before its last epoch. */
  readonly limits: { readonly patience: number | undefined; readonly seconds: number | undefined };
  readonly signal?: AbortSignal | undefined;
}

/** Steps between two lines of the log. */
const LOG_EVERY = 50;

/** Runs the epochs of a training from its current state to the end. */
export class TrainingLoop<B, V extends Numbers> {
  readonly #parts: LoopParts<B, V>;
  #progress: RunProgress;
  /** Means over the steps since the last line of the log, and over the epoch. */
  readonly #window: RunningMeans;
  readonly #epoch: RunningMeans;
  readonly #startedAt = performance.now();
  readonly #secondsBefore: number;
  #savedAt = performance.now();
  /** The state in the newest checkpoint. */
  #saved: RunProgress | undefined;
  #ended: EarlyEnd | undefined;
  /** How long the last epoch took, with its evaluation; 0 before the first. */
  #epochSeconds = 0;
  /** Names of the values of a step. */
  #means: readonly string[] = [];
  /** Images seen in the current window since the run resumed, and since when. */
  #windowAt = performance.now();
  #windowImages = 0;

  constructor(parts: LoopParts<B, V>, progress: RunProgress) {
    this.#parts = parts;
    this.#progress = progress;
    if (progress.step > 0) this.#saved = progress;
    this.#secondsBefore = progress.seconds;
    this.#window = new RunningMeans(progress.sums.window);
    this.#epoch = new RunningMeans(progress.sums.epoch);
  }

  /** Trains to the end or until the signal, and saves everything. */
  async run(): Promise<void> {
    const { signal, task } = this.#parts;
    if (!this.#saved) await this.#save();
    while (this.#progress.epoch < task.settings.epochs) {
      if (signal?.aborted) return;
      this.#ended = this.#earlyEnd();
      if (this.#ended) return;
      this.#startTimer();
      const startedAt = this.now.seconds;
      const isWhole = this.#progress.batch === 0;
      await this.#trainEpoch();
      if (this.#ended && !signal?.aborted) return await this.#closeEarly();
      if (signal?.aborted || !(await this.#closeEpoch())) {
        const { epoch, step } = this.#progress;
        if (step !== this.#saved?.step || epoch !== this.#saved.epoch) await this.#save();
        return;
      }
      // An epoch that was resumed within says little of the next.
      if (isWhole) this.#epochSeconds = this.now.seconds - startedAt;
    }
  }

  /** Why the run ended before its last epoch, if it did. */
  get ended(): EarlyEnd | undefined {
    return this.#ended;
  }

  /** Whether the run ends here, between two epochs: it follows from its progress, so that a resumed run ends alike. */
  #earlyEnd(): EarlyEnd | undefined {
    const { limits, task } = this.#parts;
    const { batch, best, epoch, step } = this.#progress;
    const isEvaluated = epoch > 0 && batch === 0 && epoch % task.settings.evaluate_every === 0;
    const bestEpoch = (best?.step ?? 0) / task.steps;
    if (limits.patience !== undefined && isEvaluated && epoch - bestEpoch >= limits.patience) return 'patience';
    const { seconds = Number.POSITIVE_INFINITY } = limits;
    return step > 0 && this.now.seconds + this.#epochSeconds > seconds ? 'time' : undefined;
  }

  /**
   * Saves a run whose time is up within an epoch. If nothing was evaluated yet, its weights are evaluated as they are,
   * since no others are there.
   */
  async #closeEarly(): Promise<void> {
    const { journal, task } = this.#parts;
    const { best, step } = this.#progress;
    if (best || !task.validate) return await this.#save();
    const snapshot = await this.#snapshot();
    const { validation } = await this.#validated(snapshot);
    if (validation && !journal.has(step, task.metric, 'val')) this.#logValidation(validation);
    await this.#save(snapshot, validation);
  }

  /** Evaluates the weights, and remembers the result if it is the best; nothing if the signal came before. */
  async #validated({ average, weights }: Snapshot): Promise<{ readonly validation?: V; readonly isBest: boolean }> {
    const { metric, model, validate } = this.#parts.task;
    const validation = await validate?.(shapedWeights(average ?? weights, model.shapes), this.#state);
    if (!validation) return { isBest: false };
    const { best, step } = this.#progress;
    const isBest = validation[metric] > (best?.value ?? -1);
    if (isBest) this.#progress = { ...this.#progress, best: { metric, value: validation[metric], step } };
    return { validation, isBest };
  }

  #logValidation(validation: V): void {
    const also = this.#parts.task.alsoLogged?.();
    this.#log('val', this.#progress.step, { ...validation, ...also, seconds: this.now.seconds });
  }

  /** The current progress. */
  get now(): RunProgress {
    const seconds = this.#secondsBefore + (performance.now() - this.#startedAt) / 1000;
    return { ...this.#progress, seconds, sums: { window: this.#window.state, epoch: this.#epoch.state } };
  }

  async #trainEpoch(): Promise<void> {
    const { checkpointMinutes, limits, signal, task } = this.#parts;
    const { epoch, batch: from } = this.#progress;
    if (signal?.aborted) return;
    for await (const batch of task.batches(epoch, from)) {
      await this.#step(batch);
      if (signal?.aborted) return;
      const isUp = this.now.seconds >= (limits.seconds ?? Number.POSITIVE_INFINITY);
      if (isUp && this.#progress.batch < task.steps) {
        this.#ended = 'time';
        return;
      }
      const isDue = performance.now() - this.#savedAt >= checkpointMinutes * 60_000;
      // The end of an epoch is always saved.
      if (isDue && this.#progress.batch < task.steps) await this.#save();
    }
  }

  async #step(taken: B): Promise<void> {
    const { rates, task, trainer } = this.#parts;
    const rate = rates(this.#progress.step);
    const { gradientNorm, images, means } = await trainer.train(taken, rate);
    const [step, batch] = [this.#progress.step + 1, this.#progress.batch + 1];
    if (!Number.isFinite(means.loss)) {
      this.#log('train', step, { ...means, learning_rate: rate });
      throw this.#diverged(`the loss of step ${step} is ${means.loss}`);
    }
    this.#progress = { ...this.#progress, step, batch };
    this.#means = Object.keys(means);
    const all = { ...means, ...(gradientNorm === undefined ? {} : { norm: gradientNorm }) };
    const sums = Object.fromEntries(Object.entries(all).map(([name, mean]) => [name, mean * images]));
    this.#windowImages += images;
    this.#window.add(images, sums);
    this.#epoch.add(images, sums);
    if (batch % LOG_EVERY === 0 || batch === task.steps) this.#logWindow(rate, gradientNorm !== undefined);
    task.onStep(this.#state, this.#meanOf);
  }

  get #state(): LoopState {
    const { epoch, step } = this.#progress;
    const { settings, steps } = this.#parts.task;
    const { epochs } = settings;
    return { epoch: epoch + 1, epochs, step, steps: epochs * steps };
  }

  /** The means over the epoch so far. */
  readonly #meanOf = (name: string): number => this.#epoch.mean(name);

  #logWindow(rate: number, hasNorm: boolean): void {
    const window = this.#window;
    const elapsed = (performance.now() - this.#windowAt) / 1000;
    this.#log('train', this.#progress.step, {
      ...Object.fromEntries(this.#means.map((name) => [name, window.mean(name)])),
      learning_rate: rate,
      ...(hasNorm ? { gradient_norm: window.mean('norm') } : {}),
      images_per_second: this.#windowImages / elapsed,
      seconds: this.now.seconds,
    });
    window.clear();
    this.#startTimer();
  }

  #startTimer(): void {
    this.#windowAt = performance.now();
    this.#windowImages = 0;
  }

  #log(split: 'train' | 'val', step: number, values: Readonly<Record<string, number>>): void {
    this.#parts.journal.write({ split, step, epoch: step / this.#parts.task.steps, values });
  }

  /** Evaluates the epoch if that is due, logs it and saves. Returns false if the signal came before. */
  async #closeEpoch(): Promise<boolean> {
    const { journal, task } = this.#parts;
    const { epochMeans, settings, validate } = task;
    const { epoch, step } = this.#progress;
    const isDue = validate && ((epoch + 1) % settings.evaluate_every === 0 || epoch + 1 === settings.epochs);
    const snapshot = await this.#snapshot();
    const state = this.#state;
    const { isBest, validation } = isDue ? await this.#validated(snapshot) : { isBest: false };
    if (isDue && !validation) return false;
    const means = new RunningMeans(this.#epoch.state);
    // A run that was killed between log and checkpoint gets here again.
    if (!journal.has(step, 'epoch_loss')) {
      const named = epochMeans.map((name) => [`epoch_${name}`, this.#epoch.mean(name)]);
      this.#log('train', step, { ...Object.fromEntries(named), seconds: this.now.seconds });
      if (validation) this.#logValidation(validation);
    }
    this.#epoch.clear();
    this.#progress = { ...this.#progress, epoch: epoch + 1, batch: 0 };
    await this.#save(snapshot, validation);
    const evaluated = { isBest, ...(validation ? { validation } : {}) };
    await task.onEpoch(state, (name) => means.mean(name), evaluated);
    return true;
  }

  async #save(snapshot?: Snapshot, validation?: V): Promise<void> {
    const { config, folder, journal, task } = this.#parts;
    const { model, steps } = task;
    const state = snapshot ?? (await this.#snapshot());
    const progress = this.now;
    const { data, ...described } = config;
    const provenance = {
      ...described,
      epochs_done: progress.step / steps,
      steps: progress.step,
      ...(validation ? { evaluation: validation } : {}),
    };
    journal.sync();
    const saved = { config: { ...model.config, provenance }, shapes: model.shapes };
    await saveRun(folder, { state, progress, config, model: saved });
    this.#saved = progress;
    this.#savedAt = performance.now();
  }

  /** The state of the run, checked to be finite. */
  async #snapshot(): Promise<Snapshot> {
    const snapshot = await this.#parts.trainer.snapshot();
    const { average = {}, optimizer, weights } = snapshot;
    for (const [name, array] of [weights, average, optimizer].flatMap((arrays) => Object.entries(arrays))) {
      if (numberProblem(name, array)) throw this.#diverged(`after step ${this.#progress.step}, ${name} is not finite`);
    }
    return snapshot;
  }

  #diverged(what: string): ResnetCocoError {
    const { folder, task } = this.#parts;
    const remedy = `start again with a lower learning rate than ${task.settings.schedule.rate}, a warmup or clipped gradients`;
    const epoch = `epoch ${this.#progress.epoch + 1}`;
    return new ResnetCocoError('DIVERGED', `${what} (${epoch}): ${remedy}; ${folder} keeps the last good checkpoint`);
  }
}
