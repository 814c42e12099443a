/** The public exports of `resnet-coco/detection`; `index.ts` also has what other rooms use. */

export type { DetectionMeasures } from '../eval/cocoeval/box-measures.ts';
export { type ConvertModelOptions, convertModel } from './convert-model.ts';
export type { DetectAllOptions, DetectOptions, DetectSlicedOptions } from './detect-options.ts';
export { type DetectedFile, type DetectedItem, Detector } from './detector.ts';
export {
  type EvaluateDetectorOptions,
  type EvaluatedDetector,
  evaluateDetector,
  type FileDetector,
} from './evaluate-detector.ts';
export { type ExportedGraph, type ExportOptions, exportModel } from './export-model.ts';
export type { FilterOptions, LeftOutDetections } from './filters.ts';
export { loadDetector } from './load-detector.ts';
export { loadModel } from './load-model.ts';
export type { DetectorCategory } from './model/detector-category.ts';
export type { DetectorConfig } from './model/detector-config.ts';
export { type KnownModelInfo, type ModelFileInfo, type ModelInfo, modelInfo } from './model-info.ts';
export {
  type BoundingBox,
  type FeatureTensor,
  type ImageClassificationOutput,
  type ImageClassificationPipeline,
  type ImageClassificationPipelineOptions,
  type ImageFeatureExtractionPipeline,
  type ImageFeatureExtractionPipelineOptions,
  type ObjectDetectionPipeline,
  type ObjectDetectionPipelineOptions,
  type ObjectDetectionPipelineOutput,
  type Pipeline,
  type Pipelines,
  type PipelineTask,
  pipeline,
} from './pipeline.ts';
export type { FloatLayers, Scores } from './quantization/choose-float-layers.ts';
export { type QuantizedModel, type QuantizeOptions, quantizeModel } from './quantize-model.ts';
export type { CategoryMatch } from './results/match-categories.ts';
export type { Detection } from './results/name-detections.ts';
export type { SlicingOptions } from './slicing/slicing-options.ts';
export { type DetectorSummary, trainDetector } from './train-detector.ts';
export type { DetectorEpoch, DetectorStep, TrainDetectorOptions } from './training/detector-task.ts';
export { type DetectorChoices, detectorSettings } from './training/run-choices.ts';
export type { DetectorRunSettings } from './training/run-settings.ts';
export type { AnnotatedImages } from './training/samples.ts';
export { type DetectorStart, detectorStart } from './training/start.ts';
export type { DetectorTrainingSettings } from './training/training-settings.ts';
