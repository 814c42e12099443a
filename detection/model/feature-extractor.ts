// N images, H × W pixels, L levels.
import type * as tf from '@tensorflow/tfjs-core';
import {
  bodyParameters,
  type ParameterPlan,
  parseArchitecture,
  planResNet,
  type ResNetConfig,
} from '../../backbone/index.ts';
import { type Norm, type Parameters, resnetFeatures } from '../../backbone/layers.ts';
import { featurePyramid, lastLevelMaxPool } from './fpn.ts';

/** The norms of the backbone, and of all after it. */
export interface DetectorNorms {
  readonly body: Norm;
  readonly heads: Norm;
}

/** What makes feature maps of an image, which heads look at. */
export interface FeatureExtractor {
  /** L. */
  readonly levels: number;
  /** Of every map. */
  readonly channels: number;
  /** Pixels of the image to a cell of each level, finest first. */
  readonly strides: readonly number[];
  readonly parameters: readonly ParameterPlan[];
  /** L maps of images `[N, H, W, 3]`, which are normalized and whose sides are multiples of 32. */
  readonly forward: (tensors: Parameters, image: tf.Tensor4D, norms: DetectorNorms) => tf.Tensor4D[];
}

/** What a ResNet's tensors begin with, where it is the backbone of a detector. */
export const BODY = 'backbone.body.';

/** A ResNet's stages and its stem. */
export const RESNET_STAGES = 5;

/** Of the levels of a pyramid above a ResNet: those of its stages, and one of half the last one's size. */
export const PYRAMID_STRIDES: readonly number[] = [4, 8, 16, 32, 64];

/** What of a configuration decides about the backbone and its pyramid. */
export interface PyramidConfig extends Pick<ResNetConfig, 'stride_on'> {
  readonly backbone: string;
  readonly norm_layer: 'FrozenBatchNorm2d' | 'BatchNorm2d';
  readonly fpn_out_channels: number;
  readonly fpn_norm_layer: 'BatchNorm2d' | null;
}

/** A ResNet with a feature pyramid: torchvision's `resnet_fpn_backbone`. */
export function resnetPyramid(config: PyramidConfig): FeatureExtractor {
  const body = planResNet({
    depth: parseArchitecture(config.backbone).depth,
    stem: 'imagenet',
    shortcut: 'B',
    stride_on: config.stride_on,
    num_classes: 1000,
  });
  const channels = config.fpn_out_channels;
  const pyramid = featurePyramid('backbone.fpn', {
    from: body.channels,
    to: channels,
    norm: config.fpn_norm_layer !== null,
  });
  const frozenNorms = config.norm_layer === 'FrozenBatchNorm2d';
  return {
    levels: PYRAMID_STRIDES.length,
    channels,
    strides: PYRAMID_STRIDES,
    parameters: [...bodyParameters(body, { prefix: BODY, frozenNorms }), ...pyramid.parameters],
    forward: (tensors, image, norms) => {
      const features = resnetFeatures(tensors.within(BODY), body, image, norms.body);
      const maps = pyramid.forward(tensors, features, norms.heads);
      return [...maps, lastLevelMaxPool(maps[maps.length - 1])];
    },
  };
}
