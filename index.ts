export {
  type ClassifiedFile,
  type ClassifiedItem,
  Classifier,
  type ClassifierConfig,
  type ClassifyAllOptions,
  type ClassifyOptions,
  type LoadOptions,
  loadClassifier,
  type Prediction,
} from './backbone/public.ts';
export type { Image, ImageSource, ImageSources } from './datasets/public.ts';
export {
  type ConvertModelOptions,
  convertModel,
  type DetectAllOptions,
  type DetectedFile,
  type DetectedItem,
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
} from './detection/public.ts';
export type { EngineName } from './engine/public.ts';
export { type ErrorCode, errorCodes, ResnetCocoError } from './errors.ts';
