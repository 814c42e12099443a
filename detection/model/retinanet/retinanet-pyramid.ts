import { bodyParameters } from '../../../backbone/index.ts';
import { resnetFeatures } from '../../../backbone/layers.ts';
import { BODY, bodyOptions, type FeatureExtractor, type PyramidConfig, planBody } from '../feature-extractor.ts';
import { RETINANET_STRIDES } from '../feature-maps.ts';
import { featurePyramid } from '../fpn.ts';
import { lastLevelP6P7 } from './p6-p7.ts';

export interface RetinaNetPyramidConfig extends PyramidConfig {
  readonly use_P5: boolean;
  readonly p7_relu?: boolean | undefined;
}

/**
 * A ResNet with the feature pyramid of RetinaNet: P3 … P5 of the last three stages, without P2, whose anchors would be
 * too many, and P6 and P7 (torchvision `retinanet.py`: `returned_layers=[2, 3, 4]`, `LastLevelP6P7`).
 */
export function retinaNetPyramid(config: RetinaNetPyramidConfig): FeatureExtractor {
  const body = planBody(config);
  const channels = config.fpn_out_channels;
  const from = body.channels.slice(1);
  const pyramid = featurePyramid('backbone.fpn', { from, to: channels, norm: config.fpn_norm_layer !== null });
  const coarsest = lastLevelP6P7('backbone.fpn.extra_blocks', {
    from: config.use_P5 ? channels : from[from.length - 1],
    to: channels,
    hasRelu: config.p7_relu ?? true,
  });
  return {
    channels,
    strides: RETINANET_STRIDES,
    parameters: [...bodyParameters(body, bodyOptions(config)), ...pyramid.parameters, ...coarsest.parameters],
    forward: (tensors, image, norms) => {
      const features = resnetFeatures(tensors.within(BODY), body, image, norms.body).slice(1);
      const maps = pyramid.forward(tensors, features, norms.heads);
      const [c5, p5] = [features, maps].map((list) => list[list.length - 1]);
      return [...maps, ...coarsest.forward(tensors, config.use_P5 ? p5 : c5)];
    },
  };
}
