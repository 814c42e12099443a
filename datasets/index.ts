export { batched } from './batched.ts';
export { boxLabel, percent } from './box-label.ts';
export { type Boxes, clipBoxes, gatherBoxes, resizeBoxes, rowsWithArea, xywhToXyxy } from './boxes.ts';
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
export { type Decoder, decoders } from './decode.ts';
export { type Conversion, type ConvertOptions, convertDataset } from './detection/convert-dataset.ts';
export { type DetectionFormat, type DetectionSource, detectionFormats } from './detection/detection-source.ts';
export { type ObjectCropOptions, type ObjectCrops, writeObjectCrops } from './detection/object-crops.ts';
export {
  type DatasetProblem,
  type DatasetProblems,
  describeProblem,
  type ProblemKind,
} from './detection/problems.ts';
export { type DetectionDataset, type ReadOptions, readDetectionDataset } from './detection/read-detection-dataset.ts';
export type { VocAnnotation } from './detection/read-voc.ts';
export {
  type CategorySummary,
  type DetectionSummary,
  summarizeDetection,
} from './detection/summarize.ts';
export { writeDetectionDataset } from './detection/write-detection-dataset.ts';
export { checkDetectionRecipe } from './detection-loader/check-recipe.ts';
export type { DetectionLoaderOptions, DetectionSample } from './detection-loader/loader-options.ts';
export type { DetectionAugmentation, DetectionRecipe } from './detection-loader/recipe.ts';
export { type DetectionBatch, DetectionLoader, type LoadedSample } from './detection-loader.ts';
export { drawBoxes, type LabelledBox } from './draw.ts';
export { encodeImage, writeImage } from './encode.ts';
export { type DatasetListing, type FetchDatasetOptions, fetchDataset, listDatasets } from './fetch-dataset.ts';
export { classificationFingerprint, detectionFingerprint } from './fingerprint.ts';
export { inLockedFolder, lockFolder } from './folder-lock.ts';
export { textWidth } from './font.ts';
export { type DecodedImage, type Image, type ImageSource, MAX_IMAGE_PIXELS } from './image.ts';
export type { ImageFormat } from './image-format.ts';
export {
  ImagePool,
  type ImagePoolOptions,
  type LoadOptions,
  type Prefetched,
  type PrefetchOptions,
} from './image-pool.ts';
export { type DecodingCost, decodingCost, type ImageSize, readImageSize } from './image-size.ts';
export type { LoadedImage } from './image-worker.ts';
export { inFlight } from './in-flight.ts';
export { scansProblem, USUAL_SCANS } from './jpeg-header.ts';
export { JsonArrayFile, JsonArrayWriter } from './json-array.ts';
export { checkRecipe } from './loader/check-recipe.ts';
export type { EpochOptions, LoaderOptions } from './loader/loader-options.ts';
export type { Augmentation, Recipe, TrainingRecipe } from './loader/recipe.ts';
export { type Batch, Loader } from './loader.ts';
export { type OpenOptions, openClassificationDataset } from './open-classification-dataset.ts';
export { type Color, categoryColor, categoryPaint } from './palette.ts';
export { Random } from './random.ts';
export { readImage, sourceName } from './read-image.ts';
export { enlargement, type Region, resizeAntialiased, resizeBilinear, shrunk } from './resize.ts';
export type { Spread } from './spread.ts';
export { type ClassificationSummary, summarizeClassification } from './summarize-classification.ts';
export {
  type ClassificationTransform,
  type DetectionTransform,
  detectionSize,
  type ImageTensor,
  type ImageTransform,
  transformImage,
} from './transform.ts';
export { Turns } from './turns.ts';
export { makeFolder, removeUnfinished, WholeFile, writeWholeFile } from './whole-file.ts';
export { checkWithin } from './within-folder.ts';
