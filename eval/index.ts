/** What users import, and what rooms share besides. */

export { bestScore } from './analysis/best-threshold.ts';
export { shownThreshold } from './analysis/score-threshold.ts';
export { measuresOf } from './cocoeval/box-measures.ts';
export * from './public.ts';
export type { SampleBox, SampleEvaluation, SampleImage } from './report/sample-pictures.ts';
