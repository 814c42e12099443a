// N images, H × W pixels, A anchors a position, K classes with the background.
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { fixedNorm, parametersOf } from '../../../backbone/layers.ts';
import { type InputSpec, type ProgramSpec, quantizationOf, type Weights } from '../../../engine/index.ts';
import type { Tensors } from '../../../engine/ops/index.ts';
import type { DetectorNorms } from '../feature-extractor.ts';
import type { RetinaNetConfig } from './retinanet-config.ts';
import { planRetinaNet } from './retinanet-plan.ts';

export const retinaNetInputs: Readonly<Record<string, InputSpec>> = { image: { shape: ['N', 'H', 'W', 3] } };

/** What `retinaNetProgram` computes. */
export function retinaNetOutputs(
  config: RetinaNetConfig,
  tensors: Tensors,
  { image }: Tensors,
  norms: DetectorNorms = { body: fixedNorm(config.norm_eps), heads: fixedNorm() },
): Tensors {
  const { classification, extractor, regression } = planRetinaNet(config);
  const parameters = parametersOf(tensors);
  const outputs: Record<string, Tensor> = {};
  extractor.forward(parameters, image as Tensor4D, norms).forEach((map, level) => {
    outputs[`logits${level}`] = classification.forward(parameters, map);
    outputs[`deltas${level}`] = regression.forward(parameters, map);
  });
  return outputs;
}

/**
 * RetinaNet (Lin et al. 2017, "Focal loss for dense object detection") up to the point where boxes are chosen by their
 * values.
 *
 * Input `image` `[N, H, W, 3]`, normalized, sides multiples of 32. Outputs `logits0` … `[N, H, W, A · K]` and `deltas0`
 * … `[N, H, W, 4A]` of the levels P3 … P7.
 */
export const retinaNetProgram = (config: RetinaNetConfig, weights: Weights): ProgramSpec => ({
  name: `${config.architecture} with ${config.backbone}`,
  weights,
  inputs: retinaNetInputs,
  ...quantizationOf(config),
  model: (tensors: Tensors, inputs: Tensors) => retinaNetOutputs(config, tensors, inputs),
});
