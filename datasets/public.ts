/** What users import from `resnet-coco/datasets`; `index.ts` is what rooms share. */
export type { Boxes } from './boxes.ts';
export type { ClassificationDataset, Split } from './classification-dataset.ts';
export type {
  CocoAnnotation,
  CocoBox,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  CocoRle,
  CocoSegmentation,
  ImageId,
} from './coco-format.ts';
export { type Conversion, type ConvertOptions, convertDataset } from './detection/convert-dataset.ts';
export { type DetectionFormat, type DetectionSource, detectionFormats } from './detection/detection-source.ts';
export { type ObjectCropOptions, type ObjectCrops, writeObjectCrops } from './detection/object-crops.ts';
export { type DatasetProblem, type DatasetProblems, describeProblem, type ProblemKind } from './detection/problems.ts';
export { type DetectionDataset, type ReadOptions, readDetectionDataset } from './detection/read-detection-dataset.ts';
export type { VocAnnotation } from './detection/read-voc.ts';
export { type CategorySummary, type DetectionSummary, summarizeDetection } from './detection/summarize.ts';
export { writeDetectionDataset } from './detection/write-detection-dataset.ts';
export type { DetectionLoaderOptions, DetectionSample } from './detection-loader/loader-options.ts';
export type { DetectionAugmentation, DetectionRecipe } from './detection-loader/recipe.ts';
export { type DetectionBatch, DetectionLoader, type LoadedSample } from './detection-loader.ts';
export { drawBoxes, type LabelledBox } from './draw.ts';
export { encodeImage, writeImage } from './encode.ts';
export { type DatasetListing, type FetchDatasetOptions, fetchDataset, listDatasets } from './fetch-dataset.ts';
export { type DecodedImage, type Image, type ImageSource, MAX_IMAGE_PIXELS } from './image.ts';
export type { ImageFormat } from './image-format.ts';
export { ImagePool, type ImagePoolOptions, type Prefetched, type PrefetchOptions } from './image-pool.ts';
export { type ImageSize, readImageSize } from './image-size.ts';
export type { LoadedImage } from './image-worker.ts';
export type { EpochOptions, LoaderOptions } from './loader/loader-options.ts';
export type { Augmentation, Recipe, TrainingRecipe } from './loader/recipe.ts';
export { type Batch, Loader } from './loader.ts';
export { type OpenOptions, openClassificationDataset } from './open-classification-dataset.ts';
export { type Color, categoryColor } from './palette.ts';
export { Random } from './random.ts';
export { readImage } from './read-image.ts';
export { type Region, resizeAntialiased, resizeBilinear } from './resize.ts';
export type { Spread } from './spread.ts';
export { type ClassificationSummary, summarizeClassification } from './summarize-classification.ts';
export {
  type ClassificationTransform,
  type DetectionTransform,
  type ImageTensor,
  type ImageTransform,
  transformImage,
} from './transform.ts';
