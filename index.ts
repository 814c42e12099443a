export {
  type ClassifiedFile,
  Classifier,
  type ClassifierConfig,
  type ClassifyAllOptions,
  type ClassifyOptions,
  type LoadOptions,
  loadClassifier,
  type Prediction,
} from './backbone/index.ts';
export type { Image, ImageSource } from './datasets/index.ts';
export {
  type ConvertOptions,
  convertModel,
  type DetectAllOptions,
  type DetectedFile,
  type Detection,
  type DetectOptions,
  Detector,
  type DetectorConfig,
  type ExportedGraph,
  exportModel,
  loadDetector,
  loadModel,
  type ModelInfo,
  modelInfo,
} from './detection/index.ts';
export type { EngineName } from './engine/index.ts';
export { type ErrorCode, errorCodes, ResnetCocoError } from './errors.ts';
