/** What users import, and what rooms share besides. */

export { type Architecture, parseArchitecture, type Stem } from './architecture.ts';
export { MODEL_DISPOSED, planClassifier } from './classifier.ts';
export { finiteOutputs } from './finite-outputs.ts';
export { depthFromShapes, inferResNet } from './infer-classifier.ts';
export { initialize } from './initialize.ts';
export { classifierConfigOf, compileClassifier, isOfClassifier, loadOptionKinds } from './load-classifier.ts';
export {
  biasPlan,
  filterPlan,
  type Init,
  linearPlan,
  normal,
  normPlan,
  type ParameterPlan,
  type ParameterTraits,
  parameterCount,
  tensorShapes,
  trainedNames,
  uniform,
} from './parameter-plan.ts';
export * from './public.ts';
export {
  bodyParameters,
  classifierParameters,
  classifierShapes,
  planResNet,
  type ResNetConfig,
  type ResNetPlan,
} from './resnet-plan.ts';
export { initialConfig } from './training/start-weights.ts';
