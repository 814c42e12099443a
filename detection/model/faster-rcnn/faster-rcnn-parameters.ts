import { type ParameterPlan, tensorShapes, trainedNames } from '../../../backbone/index.ts';
import { RESNET_STAGES } from '../feature-extractor.ts';
import { parametersOfLayers } from '../layer.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';

/** Every tensor that a forward pass needs. */
export function fasterRcnnParameters(config: FasterRcnnConfig): ParameterPlan[] {
  const { box, extractor, keypoint, mask, regionStage, rpn } = planFasterRcnn(config);
  const heads = [box, mask, keypoint].flatMap((head) => head?.layer ?? []);
  return parametersOfLayers(extractor, ...(regionStage ? [regionStage] : []), rpn, ...heads);
}

/** Name and shape (PyTorch's layout) of every tensor that a forward pass needs, under torchvision's names. */
export const fasterRcnnShapes = (config: FasterRcnnConfig): Record<string, readonly number[]> =>
  tensorShapes(fasterRcnnParameters(config));

/**
 * Names of the weights that are trained (torchvision `backbone_utils.py`): of the backbone the last stages, of frozen norms
 * nothing, of all else everything but running statistics.
 *
 * @param trainableBackboneLayers stages, from the last; 5 is all of them and the stem
 */
export const trainableWeights = (config: FasterRcnnConfig, trainableBackboneLayers: number): string[] =>
  trainedNames(fasterRcnnParameters(config), RESNET_STAGES - trainableBackboneLayers);
