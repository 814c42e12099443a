import type { Range } from './eight-bits.ts';

/** How a program computes in eight bits. */
export interface Quantization {
  /** The range of each activation, by its name. */
  readonly activations: Readonly<Record<string, Range>>;
  /** Layers that stay in single precision, by name. */
  readonly floatLayers: readonly string[];
}
