// N images, H × W pixels, L levels of the pyramid, R proposals, A anchors a position, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { fixedNorm, parametersOf } from '../../../backbone/layers.ts';
import { type InputSpec, type ProgramSpec, quantizationOf, type Weights } from '../../../engine/index.ts';
import { roiAlign, type Tensors } from '../../../engine/ops/index.ts';
import type { DetectorNorms } from '../feature-extractor.ts';
import type { FasterRcnnConfig, HeadPooling } from './faster-rcnn-config.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';
import type { HeadName } from './region-heads.ts';

const fixedNorms = ({ norm_eps }: FasterRcnnConfig): DetectorNorms => ({
  body: fixedNorm(norm_eps),
  heads: fixedNorm(),
});

export const proposalInputs: Readonly<Record<string, InputSpec>> = { image: { shape: ['N', 'H', 'W', 3] } };

/** The names of the maps that only the heads' programs need. */
export const featureNames = (config: FasterRcnnConfig): string[] =>
  planFasterRcnn(config).regionStrides.map((_, level) => `feature${level}`);

/** What `proposalProgram` computes. */
export function proposalOutputs(
  config: FasterRcnnConfig,
  tensors: Tensors,
  { image }: Tensors,
  norms = fixedNorms(config),
): Tensors {
  const { extractor, rpn } = planFasterRcnn(config);
  const parameters = parametersOf(tensors);
  const maps = extractor.forward(parameters, image as tf.Tensor4D, norms);
  const outputs: Record<string, tf.Tensor> = {};
  featureNames(config).forEach((name, level) => {
    outputs[name] = maps[level];
  });
  maps.forEach((map, level) => {
    const { objectness, deltas } = rpn.forward(parameters, map);
    outputs[`objectness${level}`] = objectness;
    outputs[`deltas${level}`] = deltas;
  });
  return outputs;
}

/**
 * The first half of Faster R-CNN (Ren et al. 2015, with Lin et al. 2017's pyramid), up to the point where boxes are
 * chosen by their values.
 *
 * Input `image` `[N, H, W, 3]`, normalized, sides multiples of 32. Outputs `feature0` … (kept for the heads'
 * programs), `objectness0` … `[N, H, W, A]` and `deltas0` … `[N, H, W, 4A]` of each level, with a pyramid one level more
 * than features.
 */
export const proposalProgram = (config: FasterRcnnConfig, weights: Weights): ProgramSpec => ({
  name: `${config.architecture} with ${config.backbone}, proposals`,
  weights,
  inputs: proposalInputs,
  kept: featureNames(config),
  ...quantizationOf(config, 'proposals'),
  model: (tensors: Tensors, inputs: Tensors) => proposalOutputs(config, tensors, inputs),
});

/** Of every head: the maps, and the regions to pool from each. */
export function headInputs(config: FasterRcnnConfig): Record<string, InputSpec> {
  const inputs: Record<string, InputSpec> = {};
  const { extractor, regionStrides } = planFasterRcnn(config);
  regionStrides.forEach((_, level) => {
    inputs[`feature${level}`] = { shape: ['N', `H${level}`, `W${level}`, extractor.channels], kept: true };
    inputs[`regions${level}`] = { shape: [`R${level}`, 5] };
  });
  return inputs;
}

/** What `headProgram` computes. */
export function headOutputs(
  config: FasterRcnnConfig,
  head: HeadName,
  tensors: Tensors,
  inputs: Tensors,
  norms = fixedNorms(config),
): Tensors {
  const { box, keypoint, mask, regionStage, regionStrides } = planFasterRcnn(config);
  const parameters = parametersOf(tensors);
  /** What is pooled of the regions of all levels, in order, `[R, P, P, C]`. */
  const pooled = (pooling: HeadPooling): tf.Tensor4D => {
    const levels = regionStrides.map((stride, level) =>
      roiAlign(inputs[`feature${level}`] as tf.Tensor4D, inputs[`regions${level}`] as tf.Tensor2D, {
        outputSize: pooling.roi_pool_output_size,
        spatialScale: 1 / stride,
        samplingRatio: pooling.roi_pool_sampling_ratio,
        aligned: config.roi_align_aligned ?? false,
      }),
    );
    const regions = tf.concat(levels, 0);
    return regionStage ? regionStage.forward(parameters, regions, norms.body) : regions;
  };
  if (head === 'boxes') return { ...box.layer.forward(parameters, pooled(box), norms.heads) };
  if (head === 'masks') return { masks: mask!.layer.forward(parameters, pooled(mask!), norms.heads) };
  return { heatmaps: keypoint!.layer.forward(parameters, pooled(keypoint!), norms.heads) };
}

/**
 * A further part: what is in each region.
 *
 * Inputs `feature0` … and `regions0` … of each level, `[R, 5]` rows of image, x1, y1, x2, y2 in pixels of the resized image.
 * Outputs, the regions of all levels in order: of `boxes`, `logits` `[R, K]` and `deltas` `[R, 4K]`; of `masks`, `masks`
 * `[R, M, M, K]`; of `keypoints`, `heatmaps` `[R, S, S, J]` of J joints.
 */
export const headProgram = (config: FasterRcnnConfig, weights: Weights, head: HeadName): ProgramSpec => ({
  name: `${config.architecture} with ${config.backbone}, ${head}`,
  weights,
  inputs: headInputs(config),
  ...quantizationOf(config, head),
  model: (tensors: Tensors, inputs: Tensors) => headOutputs(config, head, tensors, inputs),
});
