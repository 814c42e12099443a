// N images, H × W pixels, C channels, K classes.
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type ProgramSpec, quantizationOf, type Weights } from '../engine/index.ts';
import type { Tensors } from '../engine/ops/index.ts';
import type { ClassifierConfig } from './classifier-config.ts';
import { parametersOf } from './parameters.ts';
import { resnetFeatures, resnetHead, resnetLogits, resnetPooled } from './resnet.ts';
import { bodyParameters, planResNet, type ResNetPlan } from './resnet-plan.ts';

/** The layers of the classifier that a configuration describes. */
export const planClassifier = (config: ClassifierConfig): ResNetPlan => planResNet(config);

/** The input of all programs: normalized images. */
const inputs = { image: { shape: ['N', 'H', 'W', 3] } } as const;

/** A classifier as a program: from `image` `[N, H, W, 3]`, normalized, to `logits` `[N, K]`. */
export function classifierProgram(config: ClassifierConfig, weights: Weights): ProgramSpec {
  const plan = planClassifier(config);
  return {
    name: config.architecture,
    weights,
    inputs,
    ...quantizationOf(config),
    model: (tensors: Tensors, { image }: Tensors) => ({
      logits: resnetLogits(parametersOf(tensors), plan, image as Tensor4D),
    }),
  };
}

/** `classifierProgram` that also gives the `embedding` `[N, C]`, from which the logits are computed. */
export function embeddingProgram(config: ClassifierConfig, weights: Weights): ProgramSpec {
  const plan = planClassifier(config);
  return {
    name: config.architecture,
    weights,
    inputs,
    ...quantizationOf(config),
    model: (tensors: Tensors, { image }: Tensors) => {
      const parameters = parametersOf(tensors);
      const embedding = resnetPooled(parameters, plan, image as Tensor4D);
      return { embedding, logits: resnetHead(parameters, plan, embedding) };
    },
  };
}

/** The name of a stage, from 0 on, as in checkpoints: `layer1`. */
export const stageName = (stage: number): string => `layer${stage + 1}`;

/** The body as a program: from `image` to the map of each stage, `[N, H / stride, W / stride, C]`, by `stageName`. */
export function featuresProgram(config: ClassifierConfig, weights: Weights): ProgramSpec {
  const plan = planClassifier(config);
  const body = bodyParameters(plan).map(({ name }) => [name, weights[name]]);
  return {
    name: `${config.architecture} features`,
    weights: Object.fromEntries(body),
    inputs,
    ...quantizationOf(config),
    model: (tensors: Tensors, { image }: Tensors) => {
      const maps = resnetFeatures(parametersOf(tensors), plan, image as Tensor4D);
      return Object.fromEntries(maps.map((map, stage) => [stageName(stage), map]));
    },
  };
}
