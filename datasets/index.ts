/** The public exports, and what other rooms use. */

export { hasSplits } from './classification/image-folder.ts';
export { boxLabel, percent } from './draw/box-label.ts';
export { textWidth } from './draw/font.ts';
export { type Color, categoryColor, categoryPaint } from './draw/palette.ts';
export { classificationFingerprint, detectionFingerprint } from './fingerprint.ts';
export { decoders } from './images/decode.ts';
export { decodingCost } from './images/image-size.ts';
export { eachSource, isImageSource } from './images/image-sources.ts';
export { scansProblem } from './images/jpeg/jpeg-header.ts';
export { type ChannelOrder, channelOrders } from './images/normalize.ts';
export { sourceName } from './images/read-image.ts';
export type { Region } from './images/region.ts';
export { type Interpolation, interpolations, resizeAntialiased } from './images/resize/antialiased.ts';
export { resizeBilinear } from './images/resize/bilinear.ts';
export { enlargement, shrunk } from './images/resize/viewing.ts';
export { type CropMode, type CropRounding, cropModes, cropRoundings } from './images/resize-and-crop.ts';
export {
  type Crops,
  detectionSize,
  type ResizeLibrary,
  resizeArithmetics,
  resizeLibraries,
} from './images/transform.ts';
export { cocoKeypoints, cocoPerson } from './known/coco-keypoints.ts';
export { checkRecipe } from './loaders/classification/check-recipe.ts';
export { checkDetectionRecipe } from './loaders/detection/check-recipe.ts';
export { usableSegmentation } from './masks/usable-segmentation.ts';
export * from './public.ts';
