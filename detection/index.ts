/** What users import, and what rooms share besides. */

export type { DetectionMeasures } from '../eval/index.ts';
export { compileFasterRcnn } from './compile-faster-rcnn.ts';
export { isDetectorModel } from './convert-model.ts';
export { DetectorTraining } from './detector-training.ts';
export { FasterRcnn } from './faster-rcnn.ts';
export { detectorParameterCount, fasterRcnnShapes } from './faster-rcnn-plan.ts';
export { matchCategories } from './match-categories.ts';
export { categoriesByLabel, nameDetections } from './name-detections.ts';
export * from './public.ts';
export { samplesFolder } from './train-detector.ts';
export { trainableWeights } from './trainable-weights.ts';
export { SAMPLE_BOXES } from './training/evaluation.ts';
export type { TrainingBatch, TrainingChoices, TrainingImage } from './training-batch.ts';
export { checkObjects, hasUsableBox, type TrainingObjects, trainingObjects } from './training-objects.ts';
export { parseTrainingSettings } from './training-settings.ts';
