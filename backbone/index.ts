export { type Architecture, parseArchitecture, type Stem } from './architecture.ts';
export {
  type ClassifiedFile,
  Classifier,
  type ClassifyAllOptions,
  type ClassifyOptions,
  classifierProgram,
  type LogitsOptions,
  planClassifier,
  type ScoredImage,
} from './classifier.ts';
export {
  type ClassifierConfig,
  IMAGENET_MEAN,
  IMAGENET_STD,
  parseClassifierConfig,
} from './classifier-config.ts';
export { type CocoCategory, cocoCategories } from './coco-categories.ts';
export { refuseDialect } from './dialects.ts';
export { embeddedModels } from './embedded-models.ts';
export { finiteOutputs } from './finite-outputs.ts';
export { checkFit, listNames, strangers } from './fit.ts';
export { type ImageNetClass, imagenetClasses } from './imagenet-classes.ts';
export { blocksPerStage, depthFromShapes, inferResNet, type Shapes } from './infer-classifier.ts';
export { initialise } from './initialise.ts';
export { classifierConfigOf, compileClassifier, type LoadOptions, loadClassifier } from './load-classifier.ts';
export { type ModelCard, writeModelCard } from './model-card.ts';
export {
  besideWeights,
  FORMAT,
  type ModelFile,
  type OpenOptions,
  openModel,
  readNumbers,
  readWeights,
  shapesOf,
} from './model-file.ts';
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
export { type Prediction, topClasses } from './top-classes.ts';
export { type TrainClassifierOptions, type TrainingSummary, trainClassifier } from './train-classifier.ts';
export { type TrainingChoices, trainingSettings } from './training/choices.ts';
export type { TrainingEpoch, TrainingStep } from './training/classifier-run.ts';
export { Journal } from './training/journal.ts';
export { learningRates, trainingOptions } from './training/optimisation.ts';
export { type OptimisationChoices, optimiserOf, scheduleOf } from './training/optimisation-choices.ts';
export { dataChanges, type RunData } from './training/run-data.ts';
export { CHECKPOINT_MINUTES, concludeRun, newProgress, shapedWeights } from './training/run-ends.ts';
export { type OptimisationSettings, scheduleProblem, type TrainingSettings } from './training/settings.ts';
export { initialConfig } from './training/start-weights.ts';
export { type LoopParts, type LoopState, type StepOutcome, TrainingLoop } from './training/training-loop.ts';
export type { Validation } from './training/validation.ts';
export {
  type DownloadProgress,
  type FetchOptions,
  fetchModel,
  findModel,
  type KnownModel,
  knownModels,
  listModels,
  type ModelListing,
} from './weights/index.ts';
export { writeModel } from './write-model.ts';
