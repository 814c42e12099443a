/** What users import, and what rooms share besides. */

export { type Architecture, parseArchitecture, type Stem } from './architecture.ts';
export { planClassifier } from './classifier.ts';
export { refuseDialect } from './dialects.ts';
export { embeddedModels } from './embedded-models.ts';
export { finiteOutputs } from './finite-outputs.ts';
export { checkFit, listNames, strangers } from './fit.ts';
export { blocksPerStage, depthFromShapes, inferResNet, type Shapes } from './infer-classifier.ts';
export { initialise } from './initialise.ts';
export { classifierConfigOf, compileClassifier } from './load-classifier.ts';
export { besideWeights, FORMAT, readNumbers, shapesOf } from './model-file.ts';
export * from './public.ts';
export {
  bodyShapes,
  classifierShapes,
  parameterCount,
  planResNet,
  type ResNetConfig,
  type ResNetPlan,
  residualNorms,
} from './resnet-plan.ts';
export { type RunCheckpoint, type RunProgress, readRunCheckpoint, readRunConfig } from './run-checkpoint.ts';
export type { RunConfig, RunSetting } from './run-config.ts';
export {
  beginRun,
  lastCheckpoint,
  lockRun,
  type RunFiles,
  resumeRun,
  runFiles,
  saveRun,
  storedConfig,
} from './run-folder.ts';
export { Journal } from './training/journal.ts';
export { learningRates, trainingOptions } from './training/optimisation.ts';
export { type OptimisationChoices, optimiserOf, scheduleOf } from './training/optimisation-choices.ts';
export { dataChanges, type RunData } from './training/run-data.ts';
export { CHECKPOINT_MINUTES, concludeRun, newProgress, shapedWeights } from './training/run-ends.ts';
export { scheduleProblem } from './training/settings.ts';
export { initialConfig } from './training/start-weights.ts';
export { type LoopParts, type LoopState, type StepOutcome, TrainingLoop } from './training/training-loop.ts';
export { findModel } from './weights/index.ts';
