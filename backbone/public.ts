/** The public exports of `resnet-coco/backbone`; `index.ts` also has what other rooms use. */

export {
  fetchModel,
  listModels,
  type ModelListing,
} from '../checkpoints/index.ts';
export { type ModelFile, type OpenModelOptions, openModel, readWeights } from '../checkpoints/model-file.ts';
export { writeModel } from '../checkpoints/write-model.ts';
export type { DownloadProgress, FetchOptions } from '../io/download/download.ts';
export { type LogEntry, type LogSplit, readLog } from '../training/log.ts';
export type { OptimizationSettings } from '../training/optimization-options.ts';
export { Classifier } from './classifier.ts';
export type { ClassifierConfig } from './classifier-config.ts';
export type { FeatureMap } from './classifier-programs.ts';
export type {
  ClassifiedFile,
  ClassifiedItem,
  ClassifyAllOptions,
  ClassifyOptions,
  EmbeddedItem,
  LogitsOptions,
  ScoredImage,
  ScoredItem,
} from './classifier-results.ts';
export type { ViewOptions } from './classifier-transform.ts';
export { type DuplicateOptions, duplicateGroups } from './embeddings/duplicates.ts';
export {
  type FailedExample,
  FewShotClassifier,
  type FewShotOptions,
  fewShotClassifier,
} from './embeddings/few-shot-classifier.ts';
export { nearestVectors, type Similar } from './embeddings/nearest.ts';
export type { Vectors } from './embeddings/vectors.ts';
export { readVectors, writeVectors } from './embeddings/vectors-file.ts';
export { type LoadOptions, loadClassifier } from './load-classifier.ts';
export { type Prediction, topClasses } from './top-classes.ts';
export { type TrainingSummary, trainClassifier } from './train-classifier.ts';
export { type TrainingChoices, trainingSettings } from './training/choices.ts';
export type { TrainClassifierOptions, TrainingEpoch, TrainingStep } from './training/classifier-task.ts';
export type { TrainingSettings } from './training/settings.ts';
export type { Validation } from './training/validation.ts';
