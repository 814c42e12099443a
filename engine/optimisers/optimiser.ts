/** Numbers by the name of the weight they belong to. */
export type NamedArrays = Readonly<Record<string, Float32Array>>;

/**
 * Changes weights in place, a step at a time. What it remembers of a weight goes by the weight's name, so that weights
 * may come and go.
 */
export interface Optimiser {
  /** @param gradients of some or all of the weights; a weight without one stays as it is */
  step(weights: NamedArrays, gradients: NamedArrays, learningRate: number): void;
  /** What it remembers, by names such as `momentum_buffer/conv1.weight`; the arrays themselves, not copies. */
  state(): NamedArrays;
  /** Goes on where `state` was taken. */
  restore(state: NamedArrays): void;
}
