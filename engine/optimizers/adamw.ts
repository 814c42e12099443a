import type { NamedArrays, Optimizer } from './optimizer.ts';

export interface AdamWSettings {
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** Names of weights that do not decay, such as those of norms. */
  readonly noDecay?: readonly string[];
}

const [FIRST, SECOND, STEP] = ['exp_avg/', 'exp_avg_sq/', 'step/'];

interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** The number of steps, in an array of one. */
  readonly step: Float32Array;
}

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2; `torch.optim.AdamW`): w ← w(1 − ηλ), then m ← β₁m + (1 − β₁)g;
 * v ← β₂v + (1 − β₂)g²; w ← w − η m̂ / (√v̂ + ε), where hats mark bias-corrected moments.
 */
export class AdamW implements Optimizer {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #noDecay: ReadonlySet<string>;
  readonly #moments = new Map<string, Moments>();

  constructor({ betas = [0.9, 0.999], epsilon = 1e-8, noDecay = [], weightDecay = 0.01 }: AdamWSettings) {
    this.#betas = betas;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
    this.#noDecay = new Set(noDecay);
  }

  step(weights: NamedArrays, gradients: NamedArrays, learningRate: number): void {
    const epsilon = this.#epsilon;
    const [beta1, beta2] = this.#betas;
    for (const [name, gradient] of Object.entries(gradients)) {
      const weight = weights[name];
      const { first, second, step } = this.#momentsOf(name, weight.length);
      const t = ++step[0];
      const decayFactor = 1 - learningRate * (this.#noDecay.has(name) ? 0 : this.#weightDecay);
      // Numerator and denominator are multiplied by √(1 − β₂ᵗ), and each number is read once: two thirds of the time.
      const correction = Math.sqrt(1 - beta2 ** t);
      const size = (correction * learningRate) / (1 - beta1 ** t);
      const least = correction * epsilon;
      const { length } = weight;
      for (let i = 0; i < length; i++) {
        const g = gradient[i];
        const before = first[i];
        const m = before + (1 - beta1) * (g - before);
        const v = beta2 * second[i] + (1 - beta2) * g * g;
        first[i] = m;
        second[i] = v;
        weight[i] = weight[i] * decayFactor - (size * m) / (Math.sqrt(v) + least);
      }
    }
  }

  #momentsOf(name: string, length: number): Moments {
    let moments = this.#moments.get(name);
    if (!moments) {
      moments = { first: new Float32Array(length), second: new Float32Array(length), step: new Float32Array(1) };
      this.#moments.set(name, moments);
    }
    return moments;
  }

  state(): NamedArrays {
    const entries = [...this.#moments].flatMap(([name, { first, second, step }]): [string, Float32Array][] => [
      [FIRST + name, first],
      [SECOND + name, second],
      [STEP + name, step],
    ]);
    return Object.fromEntries(entries);
  }

  restore(state: NamedArrays): void {
    this.#moments.clear();
    for (const [key, first] of Object.entries(state)) {
      if (!key.startsWith(FIRST)) continue;
      const name = key.slice(FIRST.length);
      const copy = (prefix: string) => Float32Array.from(state[prefix + name]);
      this.#moments.set(name, { first: Float32Array.from(first), second: copy(SECOND), step: copy(STEP) });
    }
  }
}
