export { type Accumulated, NumberGrid } from './accumulate.ts';
export { type AnnotationFilter, type CategoryFilter, COCO, type ImageFilter } from './coco/coco.ts';
export { type CategoryAP, COCOeval } from './coco-eval.ts';
export type { EvalImage } from './eval-images.ts';
export * as mask from './mask/mask.ts';
export { type IouType, Params } from './params.ts';
export { statNames } from './summary.ts';
