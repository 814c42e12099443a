import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterPlan } from '../../../backbone/index.ts';
import type { FeatureExtractor } from '../feature-extractor.ts';
import { type Layer, parametersOfLayers } from '../layer.ts';
import type { RetinaNetConfig } from './retinanet-config.ts';
import { classificationHead, regressionHead } from './retinanet-head.ts';
import { retinaNetPyramid } from './retinanet-pyramid.ts';

/** The parts of a RetinaNet, under the names that torchvision gives them. */
export interface RetinaNetPlan {
  readonly extractor: FeatureExtractor;
  /** For every level. */
  readonly classification: Layer<Tensor4D, Tensor4D>;
  readonly regression: Layer<Tensor4D, Tensor4D>;
}

export function planRetinaNet(config: RetinaNetConfig): RetinaNetPlan {
  const extractor = retinaNetPyramid(config);
  const options = {
    channels: extractor.channels,
    anchorsPerPosition: config.anchor_sizes[0].length * config.aspect_ratios.length,
    numClasses: config.num_classes,
    norm: config.head_norm_layer !== null,
  };
  return {
    extractor,
    classification: classificationHead('head.classification_head', options),
    regression: regressionHead('head.regression_head', options),
  };
}

/** Every tensor that a forward pass needs. */
export function retinaNetParameters(config: RetinaNetConfig): readonly ParameterPlan[] {
  const { classification, extractor, regression } = planRetinaNet(config);
  return parametersOfLayers(extractor, classification, regression);
}
