import { basename, join } from 'node:path';
import type { CocoResult, ImageId } from '../../datasets/index.ts';
import type { Engine, Weights } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type DetectedFile, Detector } from '../detector.ts';
import type { DetectorConfig } from '../detector-config.ts';
import { type Detection, SHOWN_SCORE } from '../name-detections.ts';
import { labelByCategory } from './labels.ts';
import { type AnnotatedImages, annotationsByImage } from './samples.ts';

/** What detections are worth, by name. */
export type DetectionMeasures = Readonly<Record<string, number>> & { readonly AP: number };

/**
 * Measures detections.
 *
 * @param results with the category ids of the images' own annotations
 * @param images those that could be read
 */
export type EvaluateDetections = (results: readonly CocoResult[], images: readonly ImageId[]) => DetectionMeasures;

/** Images to detect in while training, and what is made of it. */
export interface DetectorValidation extends AnnotatedImages {
  /** Such as `boxMeasures` of `resnet-coco/eval`. */
  readonly evaluate: EvaluateDetections;
}

export interface EvaluationOptions {
  readonly engine: Engine;
  readonly config: DetectorConfig;
  readonly validation: DetectorValidation;
  /** Where sample pictures go. */
  readonly samples: string;
  readonly signal?: AbortSignal | undefined;
  readonly onImages?: ((images: number, of: number) => void) | undefined;
  readonly onProblem?: ((error: ResnetCocoError) => void) | undefined;
}

/** Images whose detections are drawn at each evaluation. */
const SAMPLES = 6;
/** So many of an image's best objects are drawn, whatever their score. */
const LEAST_SHOWN = 3;

/** A detector in training, on images that it does not learn from. */
export class DetectorEvaluation {
  private readonly options: EvaluationOptions;
  private readonly images: readonly { readonly id: ImageId; readonly file: string }[];
  private readonly categoryOf: ReadonlyMap<number, number>;
  /** Of `images`, by position. */
  private readonly drawn: ReadonlySet<number>;

  /** @throws ResnetCocoError BAD_DATASET where no image was found, or a category is none of the detector's */
  constructor(options: EvaluationOptions) {
    const { config, validation } = options;
    const { dataset, files } = validation;
    const what = 'the data set to evaluate on';
    const labels = labelByCategory(dataset.categories, config.categories, what);
    this.options = options;
    this.categoryOf = new Map([...labels].map(([category, label]) => [label, category]));
    this.images = dataset.images.flatMap(({ id }) => {
      const file = files.get(id);
      return file === undefined ? [] : [{ id, file }];
    });
    if (!this.images.length) {
      throw new ResnetCocoError(
        'BAD_DATASET',
        `${what}: none of its images was found; name their folder: --val-images DIR`,
      );
    }
    const annotations = annotationsByImage(validation);
    const withObjects = [...this.images.keys()].filter((i) => annotations.has(this.images[i].id));
    const count = Math.min(SAMPLES, withObjects.length);
    this.drawn = new Set(
      Array.from({ length: count }, (_, i) => withObjects[Math.floor((i * withObjects.length) / count)]),
    );
  }

  /** How many there are. */
  get count(): number {
    return this.images.length;
  }

  /**
   * Detects with the given weights, measures, and draws the sample images as `samples/epoch-0007/1-NAME`.
   *
   * @param epoch epochs done
   * @returns undefined where the signal ended it
   */
  async run(weights: Weights, epoch: number): Promise<DetectionMeasures | undefined> {
    const { config, engine, onImages, onProblem, signal, validation } = this.options;
    const detector = await Detector.compile(engine, config, weights);
    const results: CocoResult[] = [];
    const done: ImageId[] = [];
    try {
      const files = this.images.map(({ file }) => file);
      let at = 0;
      for await (const found of detector.detectAll(files, signal ? { signal } : {})) {
        const { id } = this.images[at];
        if ('error' in found) onProblem?.(found.error);
        else {
          done.push(id);
          results.push(...this.resultsOf(id, found.detections));
          if (this.drawn.has(at)) await this.draw(detector, found, at, epoch);
        }
        at++;
        onImages?.(at, files.length);
      }
    } finally {
      await detector.dispose();
    }
    if (signal?.aborted) return undefined;
    if (!done.length) throw new ResnetCocoError('BAD_DATASET', 'none of the images to evaluate on can be read');
    return validation.evaluate(results, done);
  }

  /** Labels that the images' annotations do not know cannot be right. */
  private resultsOf(image_id: ImageId, detections: readonly Detection[]): CocoResult[] {
    return detections.flatMap(({ bbox, category_id: label, score }) => {
      const category_id = this.categoryOf.get(label);
      return category_id === undefined ? [] : [{ image_id, category_id, bbox, score }];
    });
  }

  private async draw(
    { pool }: Detector,
    { detections, file }: Extract<DetectedFile, { detections: unknown }>,
    at: number,
    epoch: number,
  ): Promise<void> {
    const shown = detections.filter(({ score }, i) => score >= SHOWN_SCORE || i < LEAST_SHOWN);
    const number = [...this.drawn].indexOf(at) + 1;
    const folder = join(this.options.samples, `epoch-${String(epoch).padStart(4, '0')}`);
    await pool.render(file, shown, join(folder, `${number}-${basename(file)}`));
  }
}
