// N images, D detections of an image.

import {
  type DecodedImage,
  type DetectionTransform,
  ImagePool,
  type ImageSource,
  type LoadedImage,
  type Prefetched,
} from '../datasets/index.ts';
import type { Engine, Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { batchProblem } from '../io/bounds.ts';
import { batched } from '../io/threads/batched.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import { compileFasterRcnn } from './model/compile-faster-rcnn.ts';
import type { DetectorCategory } from './model/detector-category.ts';
import type { DetectorConfig } from './model/detector-config.ts';
import type { FasterRcnn } from './model/faster-rcnn.ts';
import { categoriesByLabel, type Detection, nameDetections, SHOWN_SCORE } from './results/name-detections.ts';

export interface DetectOptions {
  /**
   * Only objects above this score are given, from 0 to 1; .5 by default, `SHOWN_SCORE`, as on the command line. All
   * that a model gives, as evaluation needs it, is above its own threshold: `detector.config.box_score_thresh`, mostly
   * .05.
   */
  readonly score?: number;
}

export interface DetectAllOptions extends DetectOptions {
  /** Images computed at once, padded to one size. Default 1, which is fastest on a CPU. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Whether to hand the decoded images on, for drawing. */
  readonly keepImage?: boolean;
}

/** What became of one file. */
export type DetectedFile =
  | {
      readonly file: string;
      readonly width: number;
      readonly height: number;
      readonly detections: readonly Detection[];
      /** Only with `keepImage`. */
      readonly image?: DecodedImage;
    }
  | { readonly file: string; readonly error: ResnetCocoError };

/** An object detector that is ready to run. Made by `loadDetector`. */
export class Detector {
  readonly config: DetectorConfig;
  /** What computes, such as `CPU, 2 threads (ONNX Runtime)`. */
  readonly device: string;
  /** Threads that decode, resize, draw and encode images. */
  readonly pool: ImagePool;
  /** Computations side by side. */
  readonly streams: number;
  private readonly model: FasterRcnn;
  private readonly transform: DetectionTransform;
  private readonly categories: ReadonlyMap<number, DetectorCategory>;

  private constructor(config: DetectorConfig, model: FasterRcnn, { device, streams }: Engine) {
    this.config = config;
    this.device = device;
    this.streams = streams;
    this.model = model;
    this.pool = new ImagePool();
    const { categories, image_mean, image_std, max_size, min_size } = config;
    this.transform = { kind: 'detection', image_mean, image_std, max_size, min_size };
    this.categories = categoriesByLabel(categories);
  }

  static async compile(engine: Engine, config: DetectorConfig, weights: Weights): Promise<Detector> {
    return new Detector(config, await compileFasterRcnn(engine, config, weights), engine);
  }

  /**
   * The objects in an image, or in each of several, highest score first.
   *
   * @param input a path, a `file:` URL, the bytes of a JPEG or PNG, pixels, or an array of them
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for a `score` that is none
   */
  async detect(input: ImageSource, options?: DetectOptions): Promise<Detection[]>;
  async detect(input: readonly ImageSource[], options?: DetectOptions): Promise<Detection[][]>;
  async detect(
    input: ImageSource | readonly ImageSource[],
    options: DetectOptions = {},
  ): Promise<Detection[] | Detection[][]> {
    checkScore(options.score);
    const results: Detection[][] = [];
    const isList = Array.isArray(input);
    for await (const { error, image } of this.pool.prefetch<ImageSource>(isList ? input : [input], this.transform)) {
      if (error) throw error;
      results.push(...(await this.detectLoaded([image], options)));
    }
    return isList ? results : results[0];
  }

  /**
   * Reads an image for `detectLoaded`, in another thread: for callers who gather batches themselves, such as a server.
   *
   * @param signal takes it back: nothing of it goes on for long
   * @param pool of threads that several models share, instead of the model's own
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; the signal's reason
   */
  async load(source: ImageSource, signal?: AbortSignal, pool: ImagePool = this.pool): Promise<LoadedImage> {
    return await pool.load(source, this.transform, { signal });
  }

  /** Detects in files one after another, in constant memory. A file that cannot be read yields its error. */
  async *detectAll(files: Iterable<string>, options: DetectAllOptions = {}): AsyncGenerator<DetectedFile> {
    const { batch = 1, keepImage = false, score, signal } = options;
    checkScore(score);
    const problem = batchProblem(batch, this.config.min_size * this.config.max_size);
    if (problem !== undefined) throw new ResnetCocoError('USAGE', problem);
    const loaded = this.pool.prefetch(files, this.transform, { signal, keepImage, ahead: batch * (this.streams + 2) });
    const work = (items: readonly Prefetched<string>[]) => this.detectFiles(items, options);
    for await (const results of mapOrdered(batched(loaded, batch), this.streams, work)) yield* results;
  }

  private async detectFiles(items: readonly Prefetched<string>[], options: DetectOptions): Promise<DetectedFile[]> {
    const images = items.flatMap(({ image }) => image ?? []);
    const detections = images.length ? await this.detectLoaded(images, options) : [];
    return items.map(({ error, image, source: file }) => {
      if (error) return { file, error };
      const { height, image: pixels, width } = image;
      const found = { file, width, height, detections: detections[images.indexOf(image)] };
      return pixels ? { ...found, image: pixels } : found;
    });
  }

  /** Frees the model and ends the threads that decode images. */
  async dispose(): Promise<void> {
    await this.pool.close();
    await this.model.dispose();
  }

  /** The objects in each of several images from `load`, computed at once. */
  async detectLoaded(
    images: readonly LoadedImage[],
    { score = SHOWN_SCORE }: DetectOptions = {},
  ): Promise<Detection[][]> {
    checkScore(score);
    const prepared = images.map(({ tensor: { data, shape } }) => ({ height: shape[0], width: shape[1], data }));
    const results = await this.model.detect(prepared, images, score);
    return results.map((result) => nameDetections(result, this.categories));
  }
}

function checkScore(score: number | undefined): void {
  if (score === undefined || (score >= 0 && score <= 1)) return;
  throw new ResnetCocoError('USAGE', `score must be a number from 0 to 1, is ${score}`);
}
