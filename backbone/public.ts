/** What users import from `resnet-coco/backbone`; `index.ts` is what rooms share. */
export {
  type ClassifiedFile,
  Classifier,
  type ClassifyAllOptions,
  type ClassifyOptions,
  classifierProgram,
  type LogitsOptions,
  type ScoredImage,
} from './classifier.ts';
export { type ClassifierConfig, IMAGENET_MEAN, IMAGENET_STD, parseClassifierConfig } from './classifier-config.ts';
export { type CocoCategory, cocoCategories } from './coco-categories.ts';
export { type ImageNetClass, imagenetClasses } from './imagenet-classes.ts';
export { type LoadOptions, loadClassifier } from './load-classifier.ts';
export { type ModelCard, writeModelCard } from './model-card.ts';
export { type ModelFile, type OpenOptions, openModel, readWeights } from './model-file.ts';
export { type Prediction, topClasses } from './top-classes.ts';
export { type TrainClassifierOptions, type TrainingSummary, trainClassifier } from './train-classifier.ts';
export { type TrainingChoices, trainingSettings } from './training/choices.ts';
export type { TrainingEpoch, TrainingStep } from './training/classifier-run.ts';
export type { OptimisationSettings, TrainingSettings } from './training/settings.ts';
export type { Validation } from './training/validation.ts';
export {
  type DownloadProgress,
  type FetchOptions,
  fetchModel,
  type KnownModel,
  knownModels,
  listModels,
  type ModelListing,
} from './weights/index.ts';
export { writeModel } from './write-model.ts';
