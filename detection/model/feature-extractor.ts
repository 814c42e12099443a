// N images, H × W pixels, L levels.
import type * as tf from '@tensorflow/tfjs-core';
import { bodyParameters, type ParameterPlan, planResNet, type ResNetConfig } from '../../backbone/index.ts';
import { fixedNorm, type Norm, type Parameters, resnetFeatures, resnetStage } from '../../backbone/layers.ts';
import { PYRAMID_STRIDES } from './feature-maps.ts';
import { featurePyramid, lastLevelMaxPool } from './fpn.ts';
import type { Layer } from './layer.ts';

/** The norms of the backbone, and of all after it. */
export interface DetectorNorms {
  readonly body: Norm;
  readonly heads: Norm;
}

/** What makes feature maps of an image, which heads look at. */
export interface FeatureExtractor {
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

/** What of a configuration decides about the backbone. */
export interface BodyConfig extends Pick<ResNetConfig, 'stride_on'> {
  readonly backbone: string;
  readonly norm_layer: 'FrozenBatchNorm2d' | 'BatchNorm2d';
  readonly dilate_first_block?: boolean | undefined;
}

/** What of a configuration decides about the backbone and its pyramid. */
export interface PyramidConfig extends BodyConfig {
  readonly fpn_out_channels: number;
  readonly fpn_norm_layer: 'BatchNorm2d' | null;
}

/** The ResNet of a detector. @param dilated whether its last stage keeps the size of its map */
export const planBody = ({ backbone, dilate_first_block, stride_on }: BodyConfig, dilated = false) =>
  planResNet({
    architecture: backbone,
    stem: 'imagenet',
    shortcut: 'B',
    stride_on,
    ...(dilated ? { replace_stride_with_dilation: [false, false, true] as const, dilate_first_block } : {}),
    num_classes: 1000,
  });

/** How its tensors are called and frozen. */
export const bodyOptions = ({ norm_layer }: BodyConfig) => ({
  prefix: BODY,
  frozenNorms: norm_layer === 'FrozenBatchNorm2d',
});

/** A ResNet with a feature pyramid: torchvision's `resnet_fpn_backbone`. */
export function resnetPyramid(config: PyramidConfig): FeatureExtractor {
  const body = planBody(config);
  const channels = config.fpn_out_channels;
  const pyramid = featurePyramid('backbone.fpn', {
    from: body.channels,
    to: channels,
    norm: config.fpn_norm_layer !== null,
  });
  return {
    channels,
    strides: PYRAMID_STRIDES,
    parameters: [...bodyParameters(body, bodyOptions(config)), ...pyramid.parameters],
    forward: (tensors, image, norms) => {
      const features = resnetFeatures(tensors.within(BODY), body, image, norms.body);
      const maps = pyramid.forward(tensors, features, norms.heads);
      return [...maps, lastLevelMaxPool(maps[maps.length - 1])];
    },
  };
}

/** One map of a ResNet, of stride 16: that of its fourth stage, or of its fifth, which is dilated then. */
export function resnetMap(config: BodyConfig, maps: 'c4' | 'dc5'): FeatureExtractor {
  const whole = planBody(config, maps === 'dc5');
  const body = { ...whole, stages: maps === 'c4' ? whole.stages.slice(0, -1) : whole.stages };
  const last = body.stages.length - 1;
  return {
    channels: body.channels[last],
    strides: [body.strides[last]],
    parameters: bodyParameters(body, bodyOptions(config)),
    forward: (tensors, image, norms) => [resnetFeatures(tensors.within(BODY), body, image, norms.body)[last]],
  };
}

/** A ResNet's fifth stage on what is pooled of each region: `[R, P, P, C]` to `[R, P / 2, P / 2, 2C]`. */
export function conv5(config: BodyConfig): Layer<tf.Tensor4D, tf.Tensor4D> & { readonly channels: number } {
  const body = planBody(config);
  const stage = body.stages.length - 1;
  return {
    channels: body.channels[stage],
    parameters: bodyParameters(body, bodyOptions(config)).filter((plan) => plan.stage === stage + 1),
    forward: (tensors, regions, norm = fixedNorm()) =>
      resnetStage(tensors.within(BODY), body.stages[stage], regions, norm),
  };
}
