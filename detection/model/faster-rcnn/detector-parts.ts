import { fixedNorm, trainingNorm } from '../../../backbone/layers.ts';
import type { PartSpec, PartsSpec, Weights } from '../../../engine/index.ts';
import type { Tensors } from '../../../engine/ops/index.ts';
import type { DetectorNorms } from '../feature-extractor.ts';
import type { SharedDetectorConfig } from '../shared-detector-config.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { featureNames, headInputs, headOutputs, proposalInputs, proposalOutputs } from './faster-rcnn-graphs.ts';
import { type HeadName, headsOf } from './region-heads.ts';

/** Norms as a configuration has them in training: frozen ones stay, others take the batch's statistics. */
export function normsInTraining(config: Pick<SharedDetectorConfig, 'norm_layer' | 'norm_eps'>): {
  readonly norms: DetectorNorms;
  readonly updates: Record<string, Tensors[string]>;
} {
  const { norm, running } = trainingNorm();
  const body = config.norm_layer === 'BatchNorm2d' ? norm : fixedNorm(config.norm_eps);
  return { norms: { body, heads: norm }, updates: running };
}

/** Those of the heads are there where the heads are. */
export type DetectorPart = 'proposals' | HeadName;

/**
 * Faster R-CNN in training, cut where boxes are chosen by their values: its parts have the inputs and outputs of
 * `proposalProgram` and of `headProgram`.
 *
 * @param trainable names of weights, such as `trainableWeights` gives
 */
export function detectorParts(
  config: FasterRcnnConfig,
  weights: Weights,
  trainable: readonly string[],
): PartsSpec<DetectorPart> {
  const withNorms =
    (outputs: typeof proposalOutputs): PartSpec['model'] =>
    (tensors: Tensors, inputs: Tensors) => {
      const { norms, updates } = normsInTraining(config);
      return { outputs: outputs(config, tensors, inputs, norms), updates };
    };
  const features = featureNames(config);
  const heads = headsOf(config).map((head) => [
    head,
    {
      model: withNorms((_, ...rest) => headOutputs(config, head, ...rest)),
      inputs: headInputs(config),
      inputGradients: features,
    },
  ]);
  return {
    name: `${config.architecture} with ${config.backbone} in training`,
    weights,
    trainable,
    parts: {
      proposals: { model: withNorms(proposalOutputs), inputs: proposalInputs, kept: features },
      ...Object.fromEntries(heads),
    } as PartsSpec<DetectorPart>['parts'],
  };
}
