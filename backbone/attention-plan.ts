import type { Attention } from './architecture.ts';
import { biasPlan, filterPlan, type ParameterPlan, uniform } from './parameter-plan.ts';

/** What the result of a residual block is multiplied by, one number for each channel; before the shortcut is added. */
export type AttentionPlan =
  /** Hu et al. 2018, Squeeze-and-Excitation: two layers on the mean of each channel. `reduced`: channels between them. */
  | { readonly kind: 'se'; readonly name: string; readonly channels: number; readonly reduced: number }
  /** Wang et al. 2020, ECA-Net: a convolution along the channels. */
  | { readonly kind: 'eca'; readonly name: string; readonly channels: number; readonly kernel: number };

/** The attention of a block with so many channels, named as timm's. */
export const planAttention = (kind: Attention, name: string, channels: number): AttentionPlan =>
  kind === 'se'
    ? { kind, name, channels, reduced: reducedChannels(channels) }
    : { kind, name, channels, kernel: kernelSize(channels) };

/** A sixteenth, as the nearest multiple of 8: timm's `make_divisible`. */
const reducedChannels = (channels: number): number => Math.max(8, 8 * Math.floor((channels / 16 + 4) / 8));

/** The odd number at or after (log₂ C + 1) / 2, at least 3: equation 12 of ECA-Net. */
function kernelSize(channels: number): number {
  const size = Math.trunc((Math.log2(channels) + 1) / 2);
  return Math.max(size % 2 ? size : size + 1, 3);
}

/** Tensors of an attention, with torch's initialization. */
export function attentionParameters(plan: AttentionPlan, name: string, stage: number): ParameterPlan[] {
  if (plan.kind === 'eca') {
    const init = uniform(1 / Math.sqrt(plan.kernel));
    return [{ name: `${name}.conv.weight`, shape: [1, 1, plan.kernel], init, trained: true, stage }];
  }
  const layer = (which: string, from: number, to: number) => [
    filterPlan(`${name}.${which}`, from, to, 1, { stage }),
    { ...biasPlan(`${name}.${which}`, to, { stage }), init: uniform(1 / Math.sqrt(from)) },
  ];
  return [...layer('fc1', plan.channels, plan.reduced), ...layer('fc2', plan.reduced, plan.channels)];
}
