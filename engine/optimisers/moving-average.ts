import type { NamedArrays } from './optimiser.ts';

/** An exponential moving average of weights: after each step, a ← d · a + (1 − d) · w. */
export class MovingAverage {
  readonly weights: NamedArrays;
  private readonly decay: number;

  /** @param start the weights, or an average to go on with; copied */
  constructor(start: NamedArrays, decay: number) {
    this.decay = decay;
    this.weights = Object.fromEntries(Object.entries(start).map(([name, array]) => [name, array.slice()]));
  }

  update(weights: NamedArrays): void {
    const rest = 1 - this.decay;
    for (const [name, average] of Object.entries(this.weights)) {
      const weight = weights[name];
      for (let i = 0; i < average.length; i++) average[i] += rest * (weight[i] - average[i]);
    }
  }
}
