import type { CocoResult, ImageId } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { COCO, COCOeval, type IouType } from '../eval/index.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { architectureOf } from './architectures/architectures.ts';
import type { DetectAllOptions } from './detect-options.ts';
import type { DetectedFile } from './detector.ts';
import { type FilterOptions, filterKinds } from './filters.ts';
import type { DetectorConfig } from './model/detector-config.ts';
import { cocoResults } from './results/coco-results.ts';
import { type CategoryMatch, inDataset, matchCategories } from './results/match-categories.ts';
import type { SlicingOptions } from './slicing/slicing-options.ts';

/** Settings of `evaluateDetector`. */
export interface EvaluateDetectorOptions extends FilterOptions {
  /** Of the data set, for notes and errors. */
  readonly name?: string;
  /** What is compared: boxes, masks or joints. Boxes by default. */
  readonly type?: IouType;
  /** Images computed at once. */
  readonly batch?: number;
  /** Looks at each image in tiles, as `detectSliced` does. */
  readonly slicing?: SlicingOptions;
  /** Looks at each image in three sizes and mirrored, as `detect` does. */
  readonly augment?: boolean;
  /** Once aborted, what was detected so far is evaluated. */
  readonly signal?: AbortSignal;
  /** Told how categories match, before the first image. */
  readonly onMatch?: (match: CategoryMatch) => void;
  /** Told of each image, which categories go by the model's ids in, before the next is begun. */
  readonly onImage?: (found: DetectedFile, id: ImageId) => void | Promise<void>;
}

const kinds: OptionKinds<EvaluateDetectorOptions> = {
  type: ['bbox', 'segm', 'keypoints'],
  name: 'text',
  batch: 'checked',
  slicing: 'object',
  augment: 'boolean',
  ...filterKinds,
  signal: 'signal',
  onMatch: 'function',
  onImage: 'function',
};

/** What is asked of a detector here, such as a `Detector`. */
export interface FileDetector {
  readonly config: DetectorConfig;
  detectAll(files: Iterable<string>, options?: DetectAllOptions): AsyncIterable<DetectedFile>;
}

/** How far from its place a joint may be found, as a share of the object's size: the mean of COCO's, for other joints. */
const OTHER_SIGMA = 0.07;

/** What a detector is worth on a data set. */
export interface EvaluatedDetector {
  /** Evaluated and accumulated, on the images that could be read. */
  readonly evaluation: COCOeval;
  /** Under the data set's category ids. */
  readonly results: readonly CocoResult[];
  /** The images that could be read. */
  readonly images: readonly ImageId[];
  readonly match: CategoryMatch;
  /** Detections that do not count, as the data set does not have their categories. */
  readonly leftOut: number;
}

/**
 * Detects in annotated images, then COCO's evaluation of the boxes, or of masks or joints. Categories match by name, whatever their ids are.
 *
 * ```ts
 * const gt = await COCO.load('val.json');
 * const { evaluation } = await evaluateDetector(detector, gt, new Map([[1, 'val/1.jpg']]));
 * evaluation.summarize();
 * ```
 *
 * @param files of the images, by id, in the order in which they are looked at; others do not count
 * @throws ResnetCocoError BAD_DATASET where the data set has none of the detector's categories, or annotations that make
 *   no sense; USAGE for a `type` that the detector does not give
 */
export async function evaluateDetector(
  detector: FileDetector,
  gt: COCO,
  files: ReadonlyMap<ImageId, string>,
  settings: EvaluateDetectorOptions = {},
): Promise<EvaluatedDetector> {
  checkOptions('evaluateDetector', settings, kinds);
  const { name = 'the data set', onImage, onMatch, type = 'bbox', ...options } = settings;
  checkType(type, detector.config);
  const match = matchCategories(detector.config.categories, gt.categories, name);
  onMatch?.(match);
  if (!match.ids.size && gt.categories.length) {
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${name}: none of its categories is one of the model's, by name or by id: ${match.notes.join('; ')}`,
    );
  }
  const annotated = [...files].filter(([id]) => gt.imgs.has(id));
  const results: CocoResult[] = [];
  const images: ImageId[] = [];
  let [at, leftOut] = [0, 0];
  for await (const found of detector.detectAll(
    annotated.map(([, file]) => file),
    { ...options, score: architectureOf(detector.config).scoreThresh(detector.config) },
  )) {
    const [image_id] = annotated[at++];
    if (!('error' in found)) {
      const counting = inDataset(found.detections, match);
      images.push(image_id);
      leftOut += found.detections.length - counting.length;
      results.push(...cocoResults(image_id, counting));
    }
    await onImage?.(found, image_id);
  }
  return {
    evaluation: evaluateResults(detector.config, gt, { images, results }, type),
    results,
    images,
    match,
    leftOut,
  };
}

/**
 * COCO's evaluation of what a detector found, by one kind of it.
 *
 * @param found results of the images, under the data set's category ids
 * @throws ResnetCocoError BAD_DATASET when annotations make no sense; USAGE for a `type` that the detector does not give
 */
export function evaluateResults(
  config: DetectorConfig,
  gt: COCO,
  { images, results }: Pick<EvaluatedDetector, 'images' | 'results'>,
  type: IouType,
): COCOeval {
  checkType(type, config);
  const compared = type === 'keypoints' ? withJoints(gt) : gt;
  const parts = results
    .filter(({ category_id }) => compared.cats.has(category_id))
    .map((result) => comparedPart(result, type));
  const evaluation = new COCOeval(compared, compared.loadRes(parts), type);
  evaluation.params.imgIds = images;
  const joints = architectureOf(config).targets(config).keypoints;
  if (type === 'keypoints' && joints !== evaluation.params.kptOksSigmas.length) {
    evaluation.params.kptOksSigmas = Array(joints).fill(OTHER_SIGMA);
  }
  evaluation.evaluate();
  evaluation.accumulate();
  return evaluation;
}

/**
 * The categories that have joints. An object of them without any counts as COCO's persons without labeled joints do: it is
 * neither missed nor found.
 */
function withJoints(gt: COCO): COCO {
  const { annotations, categories, images } = gt;
  if (annotations.every(({ keypoints }) => keypoints?.length)) return gt;
  const having = annotations.filter(({ keypoints }) => keypoints?.length);
  const ids = new Set(having.map(({ category_id }) => category_id));
  const none = { keypoints: Array(having[0]?.keypoints?.length ?? 0).fill(0), num_keypoints: 0 };
  return new COCO({
    images: [...images],
    categories: categories.filter(({ id }) => ids.has(id)),
    annotations: annotations.flatMap((one) => {
      if (!ids.has(one.category_id)) return [];
      return [one.keypoints?.length ? one : { ...one, ...none }];
    }),
  });
}

/** What each type looks at of a result; the area of an object found is that of this part, as in torchvision's reference. */
const PART = { bbox: 'bbox', segm: 'segmentation', keypoints: 'keypoints' } as const;

function comparedPart({ category_id, image_id, score, ...parts }: CocoResult, type: IouType): CocoResult {
  return { image_id, category_id, score, [PART[type]]: parts[PART[type]] };
}

function checkType(type: IouType, config: DetectorConfig): void {
  const { keypoints, masks } = architectureOf(config).targets(config);
  const isGiven = { bbox: true, segm: masks === true, keypoints: keypoints !== undefined };
  if (isGiven[type]) return;
  const head = type === 'segm' ? 'masks' : 'keypoints';
  throw new ResnetCocoError('USAGE', `type is ${type}, but the detector has no ${head}; it can be evaluated by bbox`);
}
