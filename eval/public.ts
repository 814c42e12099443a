/** The public exports of `resnet-coco/eval`; `index.ts` also has what other rooms use. */

export type { ScoreThreshold } from './analysis/best-threshold.ts';
export type { CategoryAnalysis } from './analysis/categories.ts';
export type { DetectionConfusion } from './analysis/confusion.ts';
export type { PrecisionCurve } from './analysis/curves.ts';
export { type AnalysisOptions, analyzeDetections, type DetectionAnalysis } from './analysis/detection-analysis.ts';
export type { ErrorBreakdown, ErrorCost, ErrorCosts } from './analysis/error-breakdown.ts';
export type { ErrorType } from './analysis/error-types.ts';
export type { LocalisationRecallPrecision } from './analysis/localisation-recall-precision.ts';
export { type OperatingPoints, operatingPoints } from './analysis/operating-points.ts';
export type { ImageErrors, JudgedBox } from './analysis/worst-images.ts';
export type { ReliabilityBin } from './classification/calibration.ts';
export { type ClassMapping, type ModelClass, mapClasses } from './classification/class-mapping.ts';
export {
  ClassificationEvaluator,
  type ClassificationResult,
  type ClassResult,
} from './classification/classification.ts';
export type { EvaluatedClassifier } from './classification/classification-record.ts';
export { writeClassificationReport } from './classification/classification-report.ts';
export type { ConfusionMatrix } from './classification/confusion.ts';
export type { Mistake } from './classification/mistakes.ts';
export { type AnnotationFilter, type CategoryFilter, COCO, type ImageFilter } from './coco/coco.ts';
export type { ShowAnnsOptions } from './coco/show-anns.ts';
export type { Accumulated, NumberGrid } from './cocoeval/accumulate.ts';
export type { DetectionMeasures } from './cocoeval/box-measures.ts';
export { COCOeval } from './cocoeval/coco-eval.ts';
export type { EvalImage } from './cocoeval/eval-images.ts';
export { type IouType, Params } from './cocoeval/params.ts';
export type { CategoryAP } from './cocoeval/summary.ts';
export { LVISeval } from './lvis/lvis-eval.ts';
export type { Frequency, LvisAnnotation, LvisCategory, LvisDataset, LvisImage } from './lvis/lvis-format.ts';
/** pycocotools' `mask` module. */
export * as mask from './mask/mask.ts';
export { type DetectionReport, writeDetectionReport } from './report/detection-report.ts';
