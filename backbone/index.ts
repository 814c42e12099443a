/** The public exports, and what other rooms use. */

export { BACKBONES, isArchitectureName, isBackboneName } from './architecture.ts';
export { architectureFromShapes } from './architecture-from-shapes.ts';
export { IMAGENET_MEAN, IMAGENET_STD, parseClassifierConfig, preparationOf } from './classifier-config.ts';
export { classifierProgram, planClassifier } from './classifier-program.ts';
export { MODEL_DISPOSED } from './classifier-programs.ts';
export { initialize } from './initialize.ts';
export { classifierConfigOf, compileClassifier, isOfClassifier, loadOptionKinds } from './load-classifier.ts';
export {
  biasPlan,
  constant,
  filterPlan,
  type Init,
  linearPlan,
  normal,
  normPlan,
  type ParameterPlan,
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
