import type { Tensor4D } from '@tensorflow/tfjs-core';
import { averagedBoxHead, type BoxOutput, boxHead } from '../box-head.ts';
import { conv5, type FeatureExtractor, resnetMap, resnetPyramid } from '../feature-extractor.ts';
import { regionStridesOf } from '../feature-maps.ts';
import { keypointHead } from '../keypoint-head.ts';
import type { Layer } from '../layer.ts';
import { maskHead } from '../mask-head.ts';
import { type RpnOutput, rpnHead } from '../rpn-head.ts';
import type { FasterRcnnConfig, HeadPooling } from './faster-rcnn-config.ts';

/** A head on regions, and how they are pooled for it. */
export interface RegionHead<Out> extends HeadPooling {
  readonly layer: Layer<Tensor4D, Out>;
}

/** The parts of a Faster R-CNN and of its relatives, under the names that torchvision gives them. */
export interface FasterRcnnPlan {
  readonly extractor: FeatureExtractor;
  /** For every level. */
  readonly rpn: Layer<Tensor4D, RpnOutput>;
  /** The backbone's last stage, where it looks at what is pooled of each region, before any head does. */
  readonly regionStage?: Layer<Tensor4D, Tensor4D> | undefined;
  readonly box: RegionHead<BoxOutput>;
  /** Of the objects that are found. */
  readonly mask?: RegionHead<Tensor4D>;
  readonly keypoint?: RegionHead<Tensor4D>;
  /** Of the levels that regions are pooled from. */
  readonly regionStrides: readonly number[];
}

export function planFasterRcnn(config: FasterRcnnConfig): FasterRcnnPlan {
  const { box_roi_pool_output_size: pooled, feature_maps: maps, keypoint_head, mask_head, num_classes } = config;
  const extractor = maps === 'fpn' ? resnetPyramid(config) : resnetMap(config, maps);
  const { channels } = extractor;
  const regionStage = maps === 'c4' ? conv5(config) : undefined;
  const from = regionStage?.channels ?? channels;
  const box = regionStage
    ? averagedBoxHead('roi_heads', from, num_classes)
    : boxHead('roi_heads', {
        ...{ channels, pooled },
        convLayers: config.box_head_conv_layers,
        width: config.representation_size,
        numClasses: num_classes,
      });
  return {
    extractor,
    rpn: rpnHead('rpn.head', {
      channels,
      convDepth: config.rpn_conv_depth,
      anchorsPerPosition: config.anchor_sizes[0].length * config.aspect_ratios.length,
    }),
    regionStage,
    box: { layer: box, roi_pool_output_size: pooled, roi_pool_sampling_ratio: config.box_roi_pool_sampling_ratio },
    ...(mask_head && {
      mask: {
        ...mask_head,
        layer: maskHead('roi_heads', {
          channels: from,
          convLayers: mask_head.conv_layers,
          norm: mask_head.norm_layer !== null,
          width: mask_head.predictor_channels,
          numClasses: num_classes,
        }),
      },
    }),
    ...(keypoint_head && {
      keypoint: {
        ...keypoint_head,
        layer: keypointHead('roi_heads', {
          channels: from,
          convLayers: keypoint_head.conv_layers,
          joints: keypoint_head.num_keypoints,
        }),
      },
    }),
    regionStrides: regionStridesOf(maps),
  };
}
