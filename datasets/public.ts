/** The public exports of `resnet-coco/datasets`; `index.ts` also has what other rooms use. */

export type { ClassificationDataset, Split } from './classification/classification-dataset.ts';
export { type OpenDatasetOptions, openClassificationDataset } from './classification/open-classification-dataset.ts';
export { type ClassificationSummary, summarizeClassification } from './classification/summarize-classification.ts';
export type { Boxes } from './detection/boxes.ts';
export {
  type CheckedCategory,
  type CheckedImage,
  type CheckedPart,
  type CheckOptions,
  checkDetectionData,
  type DatasetCheck,
  type DuplicateImages,
  type OddBoxes,
} from './detection/check/check-dataset.ts';
export type { OddBoxKind } from './detection/check/odd-boxes.ts';
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
} from './detection/coco/coco-format.ts';
export { type Conversion, type ConvertDatasetOptions, convertDataset } from './detection/convert-dataset.ts';
export type { WrittenFolder } from './detection/dataset-folder.ts';
export type { DetectionSource } from './detection/detection-source.ts';
export {
  type EditedDataset,
  type EditOptions,
  type FilterDatasetOptions,
  filterDataset,
  type RemapDatasetOptions,
  remapDataset,
  type SampleDatasetOptions,
  sampleDataset,
} from './detection/edit-dataset.ts';
export type { FilteredOut, FilterRules } from './detection/filter-dataset.ts';
export type { DetectionFormat } from './detection/formats.ts';
export { type KeypointLayout, keypointLayout } from './detection/keypoint-layout.ts';
export { type MergeDatasetsOptions, type MergedDatasets, mergeDatasets } from './detection/merge-datasets.ts';
export { type ObjectCropOptions, type ObjectCrops, writeObjectCrops } from './detection/object-crops.ts';
export { type DatasetProblem, type DatasetProblems, describeProblem, type ProblemKind } from './detection/problems.ts';
export { type DetectionDataset, type ReadOptions, readDetectionDataset } from './detection/read-detection-dataset.ts';
export { type SliceDatasetOptions, type SlicedDataset, sliceDataset } from './detection/slice/slice-dataset.ts';
export {
  type CategoryDivision,
  type DatasetSplit,
  type Division,
  type DivisionOptions,
  type PartSummary,
  type SplitDatasetOptions,
  splitDataset,
} from './detection/split-dataset.ts';
export { type CategorySummary, type DetectionSummary, summarizeDetection } from './detection/summarize.ts';
export { writeDetectionDataset } from './detection/write-detection-dataset.ts';
export { drawBoxes, type LabeledBox } from './draw/draw.ts';
export { encodeImage, writeImage } from './images/encode.ts';
export type { DecodedImage, Image, ImageSource } from './images/image.ts';
export type { ImageFormat } from './images/image-format.ts';
export { ImagePool, type ImagePoolOptions, type Prefetched, type PrefetchOptions } from './images/image-pool.ts';
export { type ImageSize, readImageSize } from './images/image-size.ts';
export type { ImageSources } from './images/image-sources.ts';
export type { LoadedImage } from './images/image-worker.ts';
export { readImage } from './images/read-image.ts';
export {
  type ClassificationTransform,
  type DetectionTransform,
  type ImageTensor,
  type ImageTransform,
  transformImage,
} from './images/transform.ts';
export { cocoCategories } from './known/coco-categories.ts';
export { type DatasetListing, type FetchDatasetOptions, fetchDataset, listDatasets } from './known/fetch-dataset.ts';
export { type ImageNetClass, imagenetClasses } from './known/imagenet-classes.ts';
export type { EpochOptions, LoaderOptions } from './loaders/classification/loader-options.ts';
export type { Augmentation, Recipe, TrainingRecipe } from './loaders/classification/recipe.ts';
export type { DetectionLoaderOptions, DetectionSample } from './loaders/detection/loader-options.ts';
export type { DetectionAugmentation, DetectionRecipe } from './loaders/detection/recipe.ts';
export { type DetectionBatch, DetectionLoader, type LoadedSample } from './loaders/detection-loader.ts';
export { type Batch, Loader } from './loaders/loader.ts';
export type { ObjectMask } from './masks/object-mask.ts';
export type { Spread } from './spread.ts';
