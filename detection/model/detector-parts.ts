import { fixedNorm, trainingNorm } from '../../backbone/layers.ts';
import type { PartSpec, PartsSpec, Weights } from '../../engine/index.ts';
import type { Tensors } from '../../engine/ops/index.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { boxInputs, boxOutputs, featureNames, proposalInputs, proposalOutputs } from './faster-rcnn-graphs.ts';
import type { DetectorNorms } from './feature-extractor.ts';
import type { SharedDetectorConfig } from './shared-detector-config.ts';

/** Norms as a configuration has them in training: frozen ones stay, others take the batch's statistics. */
export function normsInTraining(config: Pick<SharedDetectorConfig, 'norm_layer' | 'norm_eps'>): {
  readonly norms: DetectorNorms;
  readonly updates: Record<string, Tensors[string]>;
} {
  const { norm, running } = trainingNorm();
  const body = config.norm_layer === 'BatchNorm2d' ? norm : fixedNorm(config.norm_eps);
  return { norms: { body, heads: norm }, updates: running };
}

/**
 * Faster R-CNN in training, cut where boxes are chosen by their values: `proposals` and `boxes` have the inputs and
 * outputs of `proposalProgram` and `boxProgram`.
 *
 * @param trainable names of weights, such as `trainableWeights` gives
 */
export function detectorParts(
  config: FasterRcnnConfig,
  weights: Weights,
  trainable: readonly string[],
): PartsSpec<'proposals' | 'boxes'> {
  const withNorms =
    (outputs: typeof proposalOutputs): PartSpec['model'] =>
    (tensors: Tensors, inputs: Tensors) => {
      const { norms, updates } = normsInTraining(config);
      return { outputs: outputs(config, tensors, inputs, norms), updates };
    };
  const features = featureNames(config);
  return {
    name: `${config.architecture} with ${config.backbone} in training`,
    weights,
    trainable,
    parts: {
      proposals: { model: withNorms(proposalOutputs), inputs: proposalInputs, kept: features },
      boxes: { model: withNorms(boxOutputs), inputs: boxInputs(config), inputGradients: features },
    },
  };
}
