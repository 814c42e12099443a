import type { NamedArrays } from './optimizer.ts';

/**
 * An exponential moving average of weights: after the first step a ← w, then after each a ← d · a + (1 − d) · w, as
 * torch's `AveragedModel` with `get_ema_multi_avg_fn` does it, buffers included.
 */
export class MovingAverage {
  readonly #decay: number;
  #weights: NamedArrays | undefined;

  /** @param from an average to go on with; copied */
  constructor(decay: number, from?: NamedArrays) {
    this.#decay = decay;
    this.#weights = from && copy(from);
  }

  /** Undefined before the first update. */
  get weights(): NamedArrays | undefined {
    return this.#weights;
  }

  update(weights: NamedArrays): void {
    if (!this.#weights) {
      this.#weights = copy(weights);
      return;
    }
    const rest = 1 - this.#decay;
    for (const [name, average] of Object.entries(this.#weights)) {
      const weight = weights[name];
      for (let i = 0; i < average.length; i++) average[i] += rest * (weight[i] - average[i]);
    }
  }
}

const copy = (arrays: NamedArrays): NamedArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
