// N images, H × W pixels, L levels of the pyramid, R proposals, A anchors a position, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { fixedNorm, parametersOf, resnetFeatures } from '../backbone/index.ts';
import { type InputSpec, type ProgramSpec, roiAlign, type Weights } from '../engine/index.ts';
import { boxHead } from './box-head.ts';
import type { DetectorConfig } from './detector-config.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';
import { featurePyramid, lastLevelMaxPool } from './fpn.ts';
import { rpnHead } from './rpn-head.ts';

/**
 * The first half of Faster R-CNN (Ren et al. 2015, with Lin et al. 2017's pyramid), up to the point where boxes are
 * chosen by their values.
 *
 * Input `image` `[N, H, W, 3]`, normalised, sides multiples of 32. Outputs `feature0` … (kept for `boxProgram`),
 * `objectness0` … `[N, H, W, A]` and `deltas0` … `[N, H, W, 4A]` of each level, one level more than features.
 */
export function proposalProgram(config: DetectorConfig, weights: Weights): ProgramSpec {
  const { body, levels } = planFasterRcnn(config);
  return {
    name: `${config.architecture} with ${config.backbone}, proposals`,
    weights,
    inputs: { image: { shape: ['N', 'H', 'W', 3] } },
    kept: Array.from({ length: levels }, (_, level) => `feature${level}`),
    model: (tensors, { image }) => {
      const parameters = parametersOf(tensors);
      const norm = fixedNorm(config.norm_eps);
      const features = resnetFeatures(parameters.within('backbone.body.'), body, image as tf.Tensor4D, norm);
      const pyramid = featurePyramid(parameters.within('backbone.fpn.'), features);
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
    },
  };
}

/**
 * The second half: what is in each proposal.
 *
 * Inputs `feature0` … and `regions0` … of each level, `[R, 5]` rows of image, x1, y1, x2, y2 in pixels of the resized
 * image. Outputs `logits` `[R, K]` and `deltas` `[R, 4K]`, the proposals of all levels in order.
 */
export function boxProgram(config: DetectorConfig, weights: Weights): ProgramSpec {
  const { body, levels } = planFasterRcnn(config);
  const inputs: Record<string, InputSpec> = {};
  for (let level = 0; level < levels; level++) {
    inputs[`feature${level}`] = { shape: ['N', `H${level}`, `W${level}`, config.fpn_out_channels], kept: true };
    inputs[`regions${level}`] = { shape: [`R${level}`, 5] };
  }
  return {
    name: `${config.architecture} with ${config.backbone}, boxes`,
    weights,
    inputs,
    model: (tensors, values) => {
      const pooled = body.strides.map((stride, level) =>
        roiAlign(values[`feature${level}`] as tf.Tensor4D, values[`regions${level}`] as tf.Tensor2D, {
          outputSize: config.box_roi_pool_output_size,
          spatialScale: 1 / stride,
          samplingRatio: config.box_roi_pool_sampling_ratio,
          aligned: false,
        }),
      );
      const parameters = parametersOf(tensors).within('roi_heads.');
      return { ...boxHead(parameters, config.box_head_conv_layers.length, tf.concat(pooled, 0)) };
    },
  };
}
