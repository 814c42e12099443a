/** The public exports, and what other rooms use. */

export { bestScore } from './analysis/best-threshold.ts';
export { shownThreshold } from './analysis/score-threshold.ts';
export { classificationRecord } from './classification/classification-record.ts';
export { measuresOf } from './cocoeval/box-measures.ts';
export * from './public.ts';
export type { SampleBox, SampleEvaluation, SampleImage } from './report/sample-pictures.ts';
