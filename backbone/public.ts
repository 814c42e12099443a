/** What users import from `resnet-coco/backbone`; `index.ts` is what rooms share. */

export {
  fetchModel,
  type KnownModel,
  knownModels,
  listModels,
  type ModelListing,
} from '../checkpoints/index.ts';
export { type ModelFile, type OpenModelOptions, openModel, readWeights } from '../checkpoints/model-file.ts';
export { writeModel } from '../checkpoints/write-model.ts';
export type { CocoCategory } from '../datasets/detection/coco/coco-format.ts';
export { cocoCategories } from '../datasets/known/coco-categories.ts';
export { type ImageNetClass, imagenetClasses } from '../datasets/known/imagenet-classes.ts';
export type { DownloadProgress, FetchOptions } from '../io/download/download.ts';
export { type LogEntry, type LogSplit, readLog } from '../training/log.ts';
export { type ModelCard, writeModelCard } from '../training/model-card.ts';
export type { OptimizationSettings } from '../training/optimization-options.ts';
export { type TrainingReport, writeTrainingPage } from '../training/page/training-report.ts';
export type { TrainingEntry, TrainingRun } from '../training/page/training-run.ts';
export {
  type ClassifiedFile,
  type ClassifiedItem,
  Classifier,
  type ClassifyAllOptions,
  type ClassifyOptions,
  classifierProgram,
  type LogitsOptions,
  type ScoredImage,
  type ScoredItem,
} from './classifier.ts';
export { type ClassifierConfig, IMAGENET_MEAN, IMAGENET_STD, parseClassifierConfig } from './classifier-config.ts';
export { type LoadOptions, loadClassifier } from './load-classifier.ts';
export { type Prediction, topClasses } from './top-classes.ts';
export { type TrainingSummary, trainClassifier } from './train-classifier.ts';
export { type TrainingChoices, trainingSettings } from './training/choices.ts';
export type { TrainClassifierOptions, TrainingEpoch, TrainingStep } from './training/classifier-task.ts';
export type { TrainingSettings } from './training/settings.ts';
export type { Validation } from './training/validation.ts';
