/** Arrays by the name of the weight that they belong to. */
export type NamedArrays = Readonly<Record<string, Float32Array>>;

/**
 * Changes weights in place. Its state is stored by the weight's name, so that a step may leave weights out.
 */
export interface Optimizer {
  /** @param gradients of some or all weights; a weight without one does not change */
  step(weights: NamedArrays, gradients: NamedArrays, learningRate: number): void;
  /** The optimizer's state by names such as `momentum_buffer/conv1.weight`: the arrays themselves, not copies. */
  state(): NamedArrays;
  /** Resumes from a state. The arrays are copied. */
  restore(state: NamedArrays): void;
}
