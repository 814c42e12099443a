import type { CocoResult, ImageId } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { type COCO, COCOeval } from '../eval/index.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { architectureOf } from './architectures/architectures.ts';
import type { DetectAllOptions, DetectedFile } from './detector.ts';
import type { DetectorConfig } from './model/detector-config.ts';
import { cocoResults } from './results/coco-results.ts';
import { type CategoryMatch, inDataset, matchCategories } from './results/match-categories.ts';

/** Settings of `evaluateDetector`. */
export interface EvaluateDetectorOptions {
  /** Of the data set, for notes and errors. */
  readonly name?: string;
  /** Images computed at once. */
  readonly batch?: number;
  /** Once aborted, what was detected so far is evaluated. */
  readonly signal?: AbortSignal;
  /** Told how categories match, before the first image. */
  readonly onMatch?: (match: CategoryMatch) => void;
  /** Told of each image, which categories go by the model's ids in, before the next is begun. */
  readonly onImage?: (found: DetectedFile, id: ImageId) => void | Promise<void>;
}

const kinds: OptionKinds<EvaluateDetectorOptions> = {
  name: 'text',
  batch: 'checked',
  signal: 'signal',
  onMatch: 'function',
  onImage: 'function',
};

/** What is asked of a detector here, such as a `Detector`. */
export interface FileDetector {
  readonly config: DetectorConfig;
  detectAll(files: Iterable<string>, options?: DetectAllOptions): AsyncIterable<DetectedFile>;
}

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
 * Detects in annotated images, then COCO's evaluation of the boxes. Categories match by name, whatever their ids are.
 *
 * ```ts
 * const gt = await COCO.load('val.json');
 * const { evaluation } = await evaluateDetector(detector, gt, new Map([[1, 'val/1.jpg']]));
 * evaluation.summarize();
 * ```
 *
 * @param files of the images, by id, in the order in which they are looked at; others do not count
 * @throws ResnetCocoError BAD_DATASET where the data set has none of the detector's categories, or annotations that make
 *   no sense
 */
export async function evaluateDetector(
  detector: FileDetector,
  gt: COCO,
  files: ReadonlyMap<ImageId, string>,
  settings: EvaluateDetectorOptions = {},
): Promise<EvaluatedDetector> {
  checkOptions('evaluateDetector', settings, kinds);
  const { name = 'the data set', onImage, onMatch, ...options } = settings;
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
  const evaluation = new COCOeval(gt, gt.loadRes(results), 'bbox');
  evaluation.params.imgIds = images;
  evaluation.evaluate();
  evaluation.accumulate();
  return { evaluation, results, images, match, leftOut };
}
