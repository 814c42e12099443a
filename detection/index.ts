/** What users import, and what rooms share besides. */

export {
  architectureOf,
  detectorParameterCount,
  detectorTitle,
  isDetectorModel,
} from './architectures/architectures.ts';
export { compileFasterRcnn } from './model/compile-faster-rcnn.ts';
export { FasterRcnn } from './model/faster-rcnn.ts';
export {
  fasterRcnnParameters,
  fasterRcnnShapes,
  trainableWeights,
} from './model/faster-rcnn-parameters.ts';
export * from './public.ts';
export { matchCategories } from './results/match-categories.ts';
export { categoriesByLabel, isAbove, nameDetections } from './results/name-detections.ts';
export { samplesFolder } from './training/detector-task.ts';
export { DetectorTraining } from './training/detector-training.ts';
export { SAMPLE_BOXES } from './training/evaluation.ts';
export type { RegionSampling, TrainingBatch, TrainingImage } from './training/training-batch.ts';
export { checkObjects, hasUsableBox, type TrainingObjects, trainingObjects } from './training/training-objects.ts';
export { parseTrainingSettings } from './training/training-settings.ts';
