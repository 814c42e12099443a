import { basename, dirname, join, resolve } from 'node:path';
import { annotatedPose, type Pose } from '../../datasets/draw/skeleton.ts';
import type { ImageSize } from '../../datasets/images/image-size.ts';
import type { CocoAnnotation, CocoBox, ImageId } from '../../datasets/index.ts';
import type { Rle } from '../../datasets/masks/rle.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { usableSegmentation } from '../../datasets/masks/usable-segmentation.ts';
import type { Engine, Weights } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import {
  bestScore,
  COCO,
  type COCOeval,
  type DetectionMeasures,
  measuresOf,
  type SampleBox,
  type SampleEvaluation,
  type SampleImage,
} from '../../eval/index.ts';
import { writeWholeFile } from '../../io/whole-file.ts';
import { checkWithin } from '../../io/within-folder.ts';
import { categoryMetric } from '../../training/index.ts';
import { architectureOf } from '../architectures/architectures.ts';
import { type DetectedFile, Detector } from '../detector.ts';
import { evaluateDetector } from '../evaluate-detector.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import { cocoShapes } from '../results/coco-shapes.ts';
import { DetectedMask } from '../results/detected-mask.ts';
import { isAbove, SHOWN_SCORE } from '../results/name-detections.ts';
import { labelByCategory } from './labels.ts';
import { type AnnotatedImages, annotationsByImage } from './samples.ts';

export interface EvaluationOptions {
  readonly engine: Engine;
  readonly config: DetectorConfig;
  /** Images to detect in while training, with categories of the same names. */
  readonly validation: AnnotatedImages;
  /** Where sample pictures go. */
  readonly samples: string;
  readonly signal?: AbortSignal | undefined;
  readonly onImages?: ((images: number, of: number) => void) | undefined;
  readonly onProblem?: ((error: ResnetCocoError) => void) | undefined;
}

/** Images whose detections are drawn at each evaluation. */
const SAMPLES = 6;

type Found = Extract<DetectedFile, { detections: unknown }>;

/** In the folder of an evaluation's sample pictures: what is in them. */
export const SAMPLE_BOXES = 'boxes.json';

/** A detector in training, on images that it does not learn from. */
export class DetectorEvaluation {
  readonly #options: EvaluationOptions;
  readonly #gt: COCO;
  /** By image id. */
  readonly #files: ReadonlyMap<ImageId, string>;
  /** The images that are drawn, in order. */
  readonly #drawn: readonly ImageId[];
  #ofCategories: Readonly<Record<string, number>> = {};

  /** @throws ResnetCocoError BAD_DATASET where no image was found, or a category is none of the detector's */
  constructor(options: EvaluationOptions) {
    const { config, validation } = options;
    const { dataset, files } = validation;
    const what = 'the data set to evaluate on';
    labelByCategory(dataset.categories, config.categories, what);
    this.#options = options;
    this.#gt = new COCO(dataset, what);
    this.#files = new Map(
      dataset.images.flatMap(({ id }) => {
        const file = files.get(id);
        return file === undefined ? [] : [[id, file] as const];
      }),
    );
    if (!this.#files.size) {
      throw new ResnetCocoError(
        'BAD_DATASET',
        `${what}: none of its images was found; say where they are: \`validation.files\``,
      );
    }
    const annotations = annotationsByImage(validation);
    const withObjects = [...this.#files.keys()].filter((id) => annotations.has(id));
    const count = Math.min(SAMPLES, withObjects.length);
    this.#drawn = Array.from({ length: count }, (_, i) => withObjects[Math.floor((i * withObjects.length) / count)]);
  }

  /** The AP of each category with objects at the last evaluation, as it is logged. */
  get ofCategories(): Readonly<Record<string, number>> {
    return this.#ofCategories;
  }

  /** How many there are. */
  get count(): number {
    return this.#files.size;
  }

  /**
   * Detects with the given weights, measures, and draws the sample images as `samples/epoch-0007/1-NAME`.
   *
   * @param epoch epochs done
   * @returns undefined where the signal ended it
   */
  async run(weights: Weights, epoch: number): Promise<DetectionMeasures | undefined> {
    const { config, engine, onImages, onProblem, signal } = this.#options;
    const detector = await Detector.compile(engine, config, weights);
    let done = 0;
    const drawn = new Map<ImageId, Found>();
    try {
      const { evaluation, images } = await evaluateDetector(detector, this.#gt, this.#files, {
        ...(signal ? { signal } : {}),
        onImage: async (found, id) => {
          if ('error' in found) onProblem?.(found.error);
          else if (this.#drawn.includes(id)) drawn.set(id, found);
          onImages?.(++done, this.#files.size);
        },
      });
      if (signal?.aborted) return undefined;
      if (!images.length) throw new ResnetCocoError('BAD_DATASET', 'none of the images to evaluate on can be read');
      await this.#writeSamples(detector, drawn, bestScore(evaluation)?.threshold, epoch);
      const measures = { ...measuresOf(evaluation), ...measuresOfScore(evaluation) };
      this.#ofCategories = apOfCategories(evaluation);
      return measures;
    } finally {
      await detector.dispose();
    }
  }

  /** @param best the score above which detections are best kept; undefined where none is right */
  async #writeSamples(
    { pool }: Detector,
    drawn: ReadonlyMap<ImageId, Found>,
    best: number | undefined,
    epoch: number,
  ): Promise<void> {
    const { samples } = this.#options;
    const folder = join(samples, `epoch-${String(epoch).padStart(4, '0')}`);
    const score = best ?? SHOWN_SCORE;
    const images: SampleImage[] = [];
    for (const [i, id] of this.#drawn.entries()) {
      const found = drawn.get(id);
      if (!found) continue;
      const { file, height, width } = found;
      const objects = this.#objectsOf(id, { width, height });
      const detections = found.detections.filter((detection) => isAbove(detection.score, score));
      images.push({
        ...{ file: resolve(file), name: basename(file), width, height },
        objects: objects.map(sampleBox),
        detections: detections.map(sampleBox),
      });
      await this.#tolerated(async () => {
        const path = join(folder, `${i + 1}-${basename(file)}`);
        checkWithin(dirname(samples), path);
        await pool.render(file, [...detections, ...objects.map((box) => ({ ...box, dashed: true }))], path);
      });
    }
    const evaluation: SampleEvaluation = { title: `Epoch ${epoch}`, score, isBest: best !== undefined, images };
    await this.#tolerated(() => writeWholeFile(join(folder, SAMPLE_BOXES), `${JSON.stringify(evaluation)}\n`));
  }

  /** A sample is not worth a run: what cannot be written is told. */
  async #tolerated(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof ResnetCocoError)) throw error;
      this.#options.onProblem?.(error);
    }
  }

  /** An image's objects as the detector calls them. */
  #objectsOf(id: ImageId, size: ImageSize): DrawnObject[] {
    const { config } = this.#options;
    const given = architectureOf(config).targets(config);
    return this.#gt.loadAnns(this.#gt.getAnnIds({ imgIds: [id], iscrowd: false })).flatMap((annotation) => {
      const { bbox, category_id, keypoints, segmentation } = annotation;
      const [category] = this.#gt.loadCats([category_id]);
      const own = config.categories.find(({ name }) => name === category.name);
      if (!bbox) return [];
      const rle = given.masks ? drawableMask(segmentation, size) : undefined;
      return [
        {
          ...{ bbox, category_id: own?.id ?? category_id, label: category.name },
          ...(rle && { mask: new DetectedMask(rle) }),
          ...(given.keypoints && keypoints && annotatedPose(keypoints, category)),
        },
      ];
    });
  }
}

/** A detection or an object, with what it has beside its box. */
interface DrawnObject extends Partial<Pose> {
  readonly bbox: CocoBox;
  readonly category_id: number;
  readonly label: string;
  readonly score?: number;
  readonly mask?: DetectedMask;
}

/** As `boxes.json` has it: masks and joints in COCO's form. */
const sampleBox = ({ keypoints, mask, ...rest }: DrawnObject): SampleBox => ({
  ...rest,
  ...cocoShapes({ ...(keypoints && { keypoints }), ...(mask && { mask }) }),
});

/** Undefined for a segmentation of nothing, and for one that makes no sense, which only training on masks refuses. */
function drawableMask(segmentation: CocoAnnotation['segmentation'], size: ImageSize): Rle | undefined {
  try {
    const usable = usableSegmentation(segmentation, size);
    return usable && toRle(usable, size.height, size.width);
  } catch {
    return undefined;
  }
}

/** The AP of each category that has objects. */
const apOfCategories = ({ perCategory }: COCOeval): Readonly<Record<string, number>> =>
  Object.fromEntries(perCategory.filter(({ AP }) => AP >= 0).map(({ AP, name }) => [categoryMetric(name), AP]));

/** The score of the highest F1, and what it is worth; nothing where nothing was found. */
function measuresOfScore(evaluation: COCOeval): Readonly<Record<string, number>> {
  const best = bestScore(evaluation);
  return best ? { best_score: best.threshold, F1: best.f1, precision: best.precision, recall: best.recall } : {};
}
