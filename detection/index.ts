export { type ConvertOptions, convertModel } from './convert-model.ts';
export { type DetectAllOptions, type DetectedFile, type Detection, type DetectOptions, Detector } from './detector.ts';
export { type DetectorConfig, parseDetectorConfig } from './detector-config.ts';
export {
  type DetectorLosses,
  DetectorTraining,
  type TrainingChoices,
  type TrainingImage,
} from './detector-training.ts';
export { type ExportedGraph, exportModel } from './export-model.ts';
export { FasterRcnn } from './faster-rcnn.ts';
export { detectorParameterCount, fasterRcnnShapes } from './faster-rcnn-plan.ts';
export { loadDetector } from './load-detector.ts';
export { type KnownModelInfo, type ModelFileInfo, type ModelInfo, modelInfo } from './model-info.ts';
export { trainableWeights } from './trainable-weights.ts';
export { checkObjects, hasUsableBox, type TrainingObjects, trainingObjects } from './training-objects.ts';
export { type DetectorTrainingSettings, parseTrainingSettings } from './training-settings.ts';
