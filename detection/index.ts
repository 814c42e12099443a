/** The public exports, and what other rooms use. */

export {
  architectureOf,
  detectorParameterCount,
  detectorParameters,
  detectorTitle,
  parseDetectorConfig,
} from './architectures/architectures.ts';
export { evaluateResults } from './evaluate-detector.ts';
export { compileFasterRcnn } from './model/faster-rcnn/compile-faster-rcnn.ts';
export { parseFasterRcnnConfig } from './model/faster-rcnn/faster-rcnn-config.ts';
export {
  fasterRcnnParameters,
  fasterRcnnShapes,
  trainableWeights,
} from './model/faster-rcnn/faster-rcnn-parameters.ts';
export * from './public.ts';
export { writeQuantizationCard } from './quantization/quantization-card.ts';
export { categoriesByLabel, isAbove, nameDetections, SHOWN_SCORE } from './results/name-detections.ts';
export { samplesFolder } from './training/detector-task.ts';
export { DetectorTraining } from './training/detector-training.ts';
export { SAMPLE_BOXES } from './training/evaluation.ts';
export type { RegionSampling, TrainingImage } from './training/training-batch.ts';
export { hasUsableBox, trainingObjects } from './training/training-objects.ts';
export { parseTrainingSettings } from './training/training-settings.ts';
