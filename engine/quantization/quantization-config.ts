import type { ProgramSpec } from '../engine.ts';
import type { Range } from './eight-bits.ts';
import type { Quantization } from './quantization.ts';
import type { RangeMethod } from './ranges.ts';

/** How a model was quantized, as its configuration holds it. */
export interface QuantizationConfig {
  readonly method: RangeMethod;
  /** What the ranges were measured on. */
  readonly calibration: { readonly data: string; readonly images: number };
  /** Layers that stay in single precision. */
  readonly float_layers: readonly string[];
  /** By part of the model, `model` where it is all of it, and by activation: its range. */
  readonly activations: Readonly<Record<string, Readonly<Record<string, Range>>>>;
}

/** A configuration that has the field. */
export interface MaybeQuantized {
  readonly quantization?: QuantizationConfig | undefined;
}

/** The name of a part in `activations`. */
export const partKey = (part: string): string => part || 'model';

/** How a part of a model computes in eight bits. One whose ranges were not measured computes in single precision. */
export function quantizationOf(
  { quantization }: MaybeQuantized,
  part = '',
): Pick<ProgramSpec, 'part' | 'quantization'> {
  const activations = quantization?.activations[partKey(part)];
  const { float_layers: floatLayers = [] } = quantization ?? {};
  const own: Quantization | undefined = activations && { activations, floatLayers };
  return { part, quantization: own };
}
