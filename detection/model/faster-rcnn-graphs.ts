// N images, H × W pixels, L levels of the pyramid, R proposals, A anchors a position, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { fixedNorm, type Norm, parametersOf, resnetFeatures } from '../../backbone/layers.ts';
import type { InputSpec, ProgramSpec, Weights } from '../../engine/index.ts';
import { roiAlign, type Tensors } from '../../engine/ops/index.ts';
import { boxHead } from './box-head.ts';
import type { DetectorConfig } from './detector-config.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';
import { featurePyramid, lastLevelMaxPool } from './fpn.ts';
import { rpnHead } from './rpn-head.ts';

/** The norms of the backbone, and of all after it. */
export interface DetectorNorms {
  readonly body: Norm;
  readonly heads: Norm;
}

const fixedNorms = ({ norm_eps }: DetectorConfig): DetectorNorms => ({ body: fixedNorm(norm_eps), heads: fixedNorm() });

export const proposalInputs: Readonly<Record<string, InputSpec>> = { image: { shape: ['N', 'H', 'W', 3] } };

/** The names of the pyramid's maps, which only the second half needs. */
export const featureNames = (config: DetectorConfig): string[] =>
  Array.from({ length: planFasterRcnn(config).levels }, (_, level) => `feature${level}`);

/** What `proposalProgram` computes. */
export function proposalOutputs(
  config: DetectorConfig,
  tensors: Tensors,
  { image }: Tensors,
  norms = fixedNorms(config),
): Tensors {
  const { body, levels } = planFasterRcnn(config);
  const parameters = parametersOf(tensors);
  const features = resnetFeatures(parameters.within('backbone.body.'), body, image as tf.Tensor4D, norms.body);
  const pyramid = featurePyramid(parameters.within('backbone.fpn.'), features, norms.heads);
  const outputs: Record<string, tf.Tensor> = {};
  pyramid.forEach((feature, level) => {
    outputs[`feature${level}`] = feature;
  });
  [...pyramid, lastLevelMaxPool(pyramid[levels - 1])].forEach((feature, level) => {
    const { objectness, deltas } = rpnHead(parameters.within('rpn.head.'), config.rpn_conv_depth, feature);
    outputs[`objectness${level}`] = objectness;
    outputs[`deltas${level}`] = deltas;
  });
  return outputs;
}

/**
 * The first half of Faster R-CNN (Ren et al. 2015, with Lin et al. 2017's pyramid), up to the point where boxes are
 * chosen by their values.
 *
 * Input `image` `[N, H, W, 3]`, normalised, sides multiples of 32. Outputs `feature0` … (kept for `boxProgram`),
 * `objectness0` … `[N, H, W, A]` and `deltas0` … `[N, H, W, 4A]` of each level, one level more than features.
 */
export const proposalProgram = (config: DetectorConfig, weights: Weights): ProgramSpec => ({
  name: `${config.architecture} with ${config.backbone}, proposals`,
  weights,
  inputs: proposalInputs,
  kept: featureNames(config),
  model: (tensors: Tensors, inputs: Tensors) => proposalOutputs(config, tensors, inputs),
});

export function boxInputs(config: DetectorConfig): Record<string, InputSpec> {
  const inputs: Record<string, InputSpec> = {};
  for (let level = 0; level < planFasterRcnn(config).levels; level++) {
    inputs[`feature${level}`] = { shape: ['N', `H${level}`, `W${level}`, config.fpn_out_channels], kept: true };
    inputs[`regions${level}`] = { shape: [`R${level}`, 5] };
  }
  return inputs;
}

/** What `boxProgram` computes. */
export function boxOutputs(
  config: DetectorConfig,
  tensors: Tensors,
  inputs: Tensors,
  norms = fixedNorms(config),
): Tensors {
  const pooled = planFasterRcnn(config).body.strides.map((stride, level) =>
    roiAlign(inputs[`feature${level}`] as tf.Tensor4D, inputs[`regions${level}`] as tf.Tensor2D, {
      outputSize: config.box_roi_pool_output_size,
      spatialScale: 1 / stride,
      samplingRatio: config.box_roi_pool_sampling_ratio,
      aligned: false,
    }),
  );
  const parameters = parametersOf(tensors).within('roi_heads.');
  return { ...boxHead(parameters, config.box_head_conv_layers.length, tf.concat(pooled, 0), norms.heads) };
}

/**
 * The second half: what is in each proposal.
 *
 * Inputs `feature0` … and `regions0` … of each level, `[R, 5]` rows of image, x1, y1, x2, y2 in pixels of the resized
 * image. Outputs `logits` `[R, K]` and `deltas` `[R, 4K]`, the proposals of all levels in order.
 */
export const boxProgram = (config: DetectorConfig, weights: Weights): ProgramSpec => ({
  name: `${config.architecture} with ${config.backbone}, boxes`,
  weights,
  inputs: boxInputs(config),
  model: (tensors: Tensors, inputs: Tensors) => boxOutputs(config, tensors, inputs),
});
