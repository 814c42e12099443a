import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type BoxOutput, boxHead } from './box-head.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { type FeatureExtractor, resnetPyramid } from './feature-extractor.ts';
import type { Layer } from './layer.ts';
import { type RpnOutput, rpnHead } from './rpn-head.ts';

/** The parts of a Faster R-CNN with FPN, under the names that torchvision gives them. */
export interface FasterRcnnPlan {
  readonly extractor: FeatureExtractor;
  /** For every level. */
  readonly rpn: Layer<Tensor4D, RpnOutput>;
  readonly box: Layer<Tensor4D, BoxOutput>;
  /** Of the levels that regions are pooled from: all but the coarsest. */
  readonly regionStrides: readonly number[];
}

export function planFasterRcnn(config: FasterRcnnConfig): FasterRcnnPlan {
  const extractor = resnetPyramid(config);
  const { channels, strides } = extractor;
  return {
    extractor,
    rpn: rpnHead('rpn.head', {
      channels,
      convDepth: config.rpn_conv_depth,
      anchorsPerPosition: config.anchor_sizes[0].length * config.aspect_ratios.length,
    }),
    box: boxHead('roi_heads', {
      channels,
      pooled: config.box_roi_pool_output_size,
      convLayers: config.box_head_conv_layers,
      width: config.representation_size,
      numClasses: config.num_classes,
    }),
    regionStrides: strides.slice(0, -1),
  };
}
