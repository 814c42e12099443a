import { classifierConfigOf, classifierParameters, type ParameterPlan, planClassifier } from '../backbone/index.ts';
import type { ModelFile } from '../checkpoints/index.ts';
import { detectorParameters, isDetectorModel } from './architectures/architectures.ts';
import { detectorConfigOf } from './load-detector.ts';

/** What a model does, its configuration, and every tensor that a forward pass needs. */
export interface ModelDescription {
  readonly task: 'classification' | 'detection';
  readonly config: object & { readonly architecture: string };
  readonly parameters: readonly ParameterPlan[];
}

/**
 * Describes the model in a file, by its configuration or else by its tensors.
 *
 * @param arch the architecture, where tensors and file do not tell it
 * @throws ResnetCocoError BAD_MODEL or BAD_CONFIG when it is neither a classifier nor a detector that is known
 */
export function describeModel(model: ModelFile, arch?: string): ModelDescription {
  if (isDetectorModel(model)) {
    const config = detectorConfigOf(model, arch);
    return { task: 'detection', config, parameters: detectorParameters(config) };
  }
  const config = classifierConfigOf(model, { arch });
  return { task: 'classification', config, parameters: classifierParameters(planClassifier(config)) };
}
