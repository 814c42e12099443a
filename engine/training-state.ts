import type { LossSpec, Snapshot, TrainingOptions } from './engine.ts';
import { checkTrainingOptions } from './optimizers/check-options.ts';
import { clipGradients } from './optimizers/clip-gradients.ts';
import { createOptimizer } from './optimizers/create-optimizer.ts';
import { MovingAverage } from './optimizers/moving-average.ts';
import type { NamedArrays, Optimizer } from './optimizers/optimizer.ts';

/** How a backward pass changes the weights. */
export interface WeightChanges {
  readonly gradients: NamedArrays;
  /** New values of weights that follow the data without a gradient. */
  readonly updates: NamedArrays;
}

/** The weights of a run, its optimizer's state and the moving average: in host memory, changed in place. */
export class TrainingState {
  readonly weights: NamedArrays;
  readonly #optimizer: Optimizer;
  readonly #average: MovingAverage | undefined;
  readonly #clipNorm: number | undefined;

  constructor({ weights }: Pick<LossSpec, 'weights'>, options: TrainingOptions) {
    checkTrainingOptions(options);
    const { averageDecay, clipNorm, from, optimizer } = options;
    const start = from?.weights ?? Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]));
    this.weights = Object.fromEntries(Object.entries(start).map(([name, data]) => [name, Float32Array.from(data)]));
    this.#optimizer = createOptimizer(optimizer);
    if (from) this.#optimizer.restore(from.optimizer);
    this.#average = averageDecay === undefined ? undefined : new MovingAverage(averageDecay, from?.average);
    this.#clipNorm = clipNorm;
  }

  /**
   * Takes one optimizer step with the sum of all gradients, and sets the updates. Overwrites the gradients.
   *
   * @returns the norm of the gradients before clipping, if they are clipped
   */
  step(changes: readonly WeightChanges[], learningRate: number): number | undefined {
    const gradients = sumOf(changes.map((change) => change.gradients));
    const norm = this.#clipNorm === undefined ? undefined : clipGradients(gradients, this.#clipNorm);
    this.#optimizer.step(this.weights, gradients, learningRate);
    for (const { updates } of changes) {
      for (const [name, value] of Object.entries(updates)) this.weights[name].set(value);
    }
    this.#average?.update(this.weights);
    return norm;
  }

  snapshot(): Snapshot {
    const copies = (arrays: NamedArrays) =>
      Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
    const snapshot = { weights: copies(this.weights), optimizer: copies(this.#optimizer.state()) };
    const average = this.#average?.weights;
    return average ? { ...snapshot, average: copies(average) } : snapshot;
  }
}

/** Sums arrays by name, in place: the first array of a name holds the sum. */
function sumOf(lists: readonly NamedArrays[]): NamedArrays {
  const sums: Record<string, Float32Array> = {};
  for (const [name, array] of lists.flatMap((list) => Object.entries(list))) {
    const sum = sums[name];
    if (sum) for (let i = 0; i < sum.length; i++) sum[i] += array[i];
    else sums[name] = array;
  }
  return sums;
}
