/** The public exports, and what other rooms use. */

export { clipBoxes, gatherBoxes, resizeBoxes, rowsWithArea, xywhToXyxy } from './detection/boxes.ts';
export { boxLabel, percent } from './draw/box-label.ts';
export { textWidth } from './draw/font.ts';
export { categoryPaint } from './draw/palette.ts';
export { classificationFingerprint, detectionFingerprint } from './fingerprint.ts';
export { type Decoder, decoders } from './images/decode.ts';
export type { LoadImageOptions } from './images/image-pool.ts';
export { type DecodingCost, decodingCost } from './images/image-size.ts';
export { eachSource, isImageSource } from './images/image-sources.ts';
export { scansProblem, USUAL_SCANS } from './images/jpeg/jpeg-header.ts';
export { sourceName } from './images/read-image.ts';
export { enlargement, shrunk } from './images/resize.ts';
export { detectionSize } from './images/transform.ts';
export { cocoCategories } from './known/coco-categories.ts';
export { imagenetClasses } from './known/imagenet-classes.ts';
export { checkRecipe } from './loaders/classification/check-recipe.ts';
export { checkDetectionRecipe } from './loaders/detection/check-recipe.ts';
export { usableSegmentation } from './masks/usable-segmentation.ts';
export * from './public.ts';
