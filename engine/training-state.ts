import type { Gradients, LossSpec, Snapshot, StepResult, TrainingOptions } from './engine.ts';
import { checkTrainingOptions } from './optimisers/check-options.ts';
import { clipGradients } from './optimisers/clip-gradients.ts';
import { MovingAverage } from './optimisers/moving-average.ts';
import { createOptimiser, type NamedArrays, type Optimiser } from './optimisers/optimiser.ts';

/** What a loss gives at some inputs. */
export interface LossRun extends Gradients {
  /** New values of weights that follow the data. */
  readonly updates: NamedArrays;
}

/** Weights of a run, what its optimiser remembers, and their average: in this process's memory, changed in place. */
export class TrainingState {
  readonly weights: NamedArrays;
  private readonly optimiser: Optimiser;
  private readonly average: MovingAverage | undefined;
  private readonly clipNorm: number | undefined;

  constructor({ weights }: Pick<LossSpec, 'weights'>, options: TrainingOptions) {
    checkTrainingOptions(options);
    const { averageDecay, clipNorm, from, optimiser } = options;
    const start = from?.weights ?? Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]));
    this.weights = Object.fromEntries(Object.entries(start).map(([name, data]) => [name, Float32Array.from(data)]));
    this.optimiser = createOptimiser(optimiser);
    if (from) this.optimiser.restore(from.optimiser);
    this.average = averageDecay === undefined ? undefined : new MovingAverage(averageDecay, from?.average);
    this.clipNorm = clipNorm;
  }

  /** One step of the optimiser, and of the weights that follow the data; none where the loss is not finite. */
  step({ gradients, loss, outputs, updates }: LossRun, learningRate: number): StepResult {
    if (!Number.isFinite(loss)) return { loss, outputs };
    const gradientNorm = this.clipNorm === undefined ? undefined : clipGradients(gradients, this.clipNorm);
    this.optimiser.step(this.weights, gradients, learningRate);
    for (const [name, value] of Object.entries(updates)) this.weights[name].set(value);
    this.average?.update(this.weights);
    return gradientNorm === undefined ? { loss, outputs } : { loss, outputs, gradientNorm };
  }

  snapshot(): Snapshot {
    const copies = (arrays: NamedArrays) =>
      Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
    const snapshot = { weights: copies(this.weights), optimiser: copies(this.optimiser.state()) };
    const average = this.average?.weights;
    return average ? { ...snapshot, average: copies(average) } : snapshot;
  }
}
