// N images, D detections of an image.

import { MODEL_DISPOSED } from '../backbone/index.ts';
import {
  type DecodedImage,
  type DetectionTransform,
  eachSource,
  ImagePool,
  type ImageSource,
  type ImageSources,
  isImageSource,
  type LoadedImage,
  type Prefetched,
  sourceName,
} from '../datasets/index.ts';
import type { Engine, Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { batchProblem } from '../io/bounds.ts';
import { checkArgument, checkOptions } from '../io/options.ts';
import { batched } from '../io/threads/batched.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import type { DetectorModel } from './architectures/architecture.ts';
import { architectureOf } from './architectures/architectures.ts';
import { detectViews, scaledTransform, VIEW_SCALES } from './augmented/detect-views.ts';
import { detectEach, type ImageObjects } from './detect-each.ts';
import {
  type DetectAllOptions,
  type DetectOptions,
  type DetectSlicedOptions,
  detectAllKinds,
  detectKinds,
  detectSlicedKinds,
  type LoadedDetectOptions,
  loadedKinds,
} from './detect-options.ts';
import { DetectionFilter } from './filters.ts';
import type { DetectorCategory } from './model/detector-category.ts';
import type { DetectorConfig } from './model/detector-config.ts';
import type { BoxChoice } from './ops/box-choice.ts';
import { categoriesByLabel, type Detection, SHOWN_SCORE } from './results/name-detections.ts';
import { detectTiles, type TileDetector } from './slicing/detect-tiles.ts';
import { slicingKinds, slicingPlan } from './slicing/slicing-options.ts';

/** What both ways to look at tiles have in common. */
type TileSettings = Pick<DetectSlicedOptions, 'batch' | 'onTile' | 'signal'>;

/** What became of one image. */
export type DetectedFile =
  | {
      /** The image's path, or words for one in memory. */
      readonly file: string;
      readonly width: number;
      readonly height: number;
      readonly detections: readonly Detection[];
      /** Only with `keepImage`. */
      readonly image?: DecodedImage;
    }
  | { readonly file: string; readonly error: ResnetCocoError };

/** What became of one of many images: `item` is the caller's own, `index` its place among them. */
export type DetectedItem<S extends ImageSource = ImageSource> = DetectedFile & {
  readonly index: number;
  readonly item: S;
};

/** An object detector that is ready to run. Made by `loadDetector`. */
export class Detector {
  readonly config: DetectorConfig;
  /** What computes, such as `CPU, 2 threads (ONNX Runtime)`. */
  readonly device: string;
  /** Threads that decode, resize, draw and encode images. */
  readonly pool: ImagePool;
  /** Computations side by side. */
  readonly streams: number;
  readonly #model: DetectorModel;
  readonly #transform: DetectionTransform;
  readonly #categories: ReadonlyMap<number, DetectorCategory>;

  private constructor(config: DetectorConfig, model: DetectorModel, { device, streams }: Engine) {
    this.config = config;
    this.device = device;
    this.streams = streams;
    this.#model = model;
    this.pool = new ImagePool({}, MODEL_DISPOSED);
    const { categories, channel_order, image_mean, image_std, max_size, min_size } = config;
    const { resize_arithmetic, resize_by } = config;
    const sizes = { max_size, min_size, resize_arithmetic, resize_by };
    this.#transform = { kind: 'detection', image_mean, image_std, channel_order, ...sizes };
    this.#categories = categoriesByLabel(categories);
  }

  /** The score that all detections are above, by the configuration: `box_score_thresh` of a Faster R-CNN. */
  get scoreThresh(): number {
    return architectureOf(this.config).scoreThresh(this.config);
  }

  static async compile(engine: Engine, config: DetectorConfig, weights: Weights): Promise<Detector> {
    return new Detector(config, await architectureOf(config).compile(engine, config, weights), engine);
  }

  /**
   * The objects in an image, or in each of several, highest score first.
   *
   * @param input a path, a `file:` URL, the bytes of a JPEG or PNG, pixels, or an array, another iterable or a stream of
   *   them
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for a `score` or a filter that is none
   */
  async detect(input: ImageSource, options?: DetectOptions): Promise<Detection[]>;
  async detect(input: ImageSources, options?: DetectOptions): Promise<Detection[][]>;
  async detect(input: ImageSource | ImageSources, options: DetectOptions = {}): Promise<Detection[] | Detection[][]> {
    checkOptions('detect', options, detectKinds);
    const filter = this.#filter(options);
    const results: Detection[][] = [];
    if (options.augment) {
      for await (const source of eachSource<ImageSource>(input)) {
        results.push((await this.#detectViews(source, filter, options)).detections);
      }
      return isImageSource(input) ? results[0] : results;
    }
    for await (const { error, image } of this.pool.prefetch(eachSource<ImageSource>(input), this.#transform)) {
      if (error) throw error;
      results.push(...(await this.#compute([image], filter.least, filter.choice)));
    }
    return isImageSource(input) ? results[0] : results;
  }

  /**
   * The objects in a large image, or in each of several: each is looked at in tiles that overlap, so that small objects are
   * found, and as a whole; what several tiles found is merged. Tiles of JPEG and PNG files are decoded as they are needed:
   * an image of 20,000 × 20,000 pixels takes no more memory than the rows of its tiles.
   *
   * ```ts
   * const objects = await detector.detectSliced('aerial.png', { slice: 640, overlap: 0.2, score: 0.3 });
   * ```
   *
   * @param input what `detect` takes
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for an option that is none; the signal's
   *   reason when aborted
   */
  async detectSliced(input: ImageSource, options?: DetectSlicedOptions): Promise<Detection[]>;
  async detectSliced(input: ImageSources, options?: DetectSlicedOptions): Promise<Detection[][]>;
  async detectSliced(
    input: ImageSource | ImageSources,
    options: DetectSlicedOptions = {},
  ): Promise<Detection[] | Detection[][]> {
    checkOptions('detectSliced', options, detectSlicedKinds);
    this.#checkBatch(options.batch);
    const filter = this.#filter(options);
    const plan = slicingPlan(options, filter.least);
    const tileDetector = this.#tileDetector(filter, options);
    const results: Detection[][] = [];
    for await (const source of eachSource<ImageSource>(input)) {
      results.push((await detectTiles(source, plan, tileDetector)).detections);
    }
    return isImageSource(input) ? results[0] : results;
  }

  /** What looks at tiles for these settings. */
  #tileDetector(filter: DetectionFilter, { batch = 1, onTile, signal }: TileSettings): TileDetector {
    return {
      ...{ batch, filter, onTile, signal, streams: this.streams, transform: this.#transform },
      detect: (images) => this.#compute(images, filter.least, filter.suppression),
    };
  }

  /**
   * Reads an image for `detectLoaded`, in another thread: for callers who gather batches themselves, such as a server.
   *
   * @param signal takes it back: nothing of it goes on for long
   * @param pool of threads that several models share, instead of the model's own
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; the signal's reason
   */
  async load(source: ImageSource, signal?: AbortSignal, pool: ImagePool = this.pool): Promise<LoadedImage> {
    return await pool.load(source, this.#transform, { signal });
  }

  /**
   * Detects in images one after another, in order and in constant memory. An image that cannot be read yields its error
   * and stops nothing.
   *
   * @param input what `detect` takes
   * @throws ResnetCocoError USAGE for a `score` or a `batch` that is none
   */
  detectAll<S extends ImageSource>(input: S, options?: DetectAllOptions): AsyncGenerator<DetectedItem<S>>;
  detectAll<S extends ImageSource>(input: ImageSources<S>, options?: DetectAllOptions): AsyncGenerator<DetectedItem<S>>;
  async *detectAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: DetectAllOptions = {},
  ): AsyncGenerator<DetectedItem<S>> {
    checkOptions('detectAll', options, detectAllKinds);
    const { batch = 1, keepImage = false, signal, slicing } = options;
    this.#checkBatch(batch);
    const filter = this.#filter(options);
    if (slicing && options.augment)
      throw new ResnetCocoError('USAGE', 'detectAll: `augment` is not for images in tiles');
    if (options.augment) {
      const look = (item: S) => this.#detectViews(item, filter, options);
      return yield* detectEach(eachSource<S>(input), this.streams, look, signal);
    }
    if (slicing) {
      checkOptions('detectAll', slicing, slicingKinds);
      const plan = slicingPlan(slicing, filter.least);
      const tileDetector = this.#tileDetector(filter, options);
      // The tiles of one image are computed side by side.
      return yield* detectEach(eachSource<S>(input), 1, (item) => detectTiles(item, plan, tileDetector), signal);
    }
    const ahead = batch * (this.streams + 2);
    const loaded = this.pool.prefetch(eachSource<S>(input), this.#transform, { signal, keepImage, ahead });
    const work = (items: readonly Prefetched<S>[]) => this.#detectPrefetched(items, filter);
    for await (const results of mapOrdered(batched(loaded, batch), this.streams, work)) yield* results;
  }

  /** The objects that an image shows in several sizes and mirrored. */
  async #detectViews(
    source: ImageSource,
    filter: DetectionFilter,
    { agnosticNms: agnostic = false, nms, signal }: DetectAllOptions,
  ): Promise<ImageObjects> {
    const loading = VIEW_SCALES.map((scale) =>
      this.pool.load(source, scaledTransform(this.#transform, scale), { signal }),
    );
    // The first error is the image's; the others are the same.
    const views = await Promise.all(loading);
    const [{ height, width }] = views;
    const nmsThresh = nms ?? architectureOf(this.config).nmsThresh(this.config);
    const detect = (images: readonly LoadedImage[]) => this.#compute(images, filter.least, filter.suppression);
    return { width, height, detections: await detectViews(views, { agnostic, detect, filter, nmsThresh }) };
  }

  #filter(options: LoadedDetectOptions): DetectionFilter {
    const { score = SHOWN_SCORE } = options;
    return new DetectionFilter(options, this.config.categories, score);
  }

  #checkBatch(batch = 1): void {
    const problem = batchProblem(batch, this.config.min_size * this.config.max_size);
    if (problem !== undefined) throw new ResnetCocoError('USAGE', problem);
  }

  async #detectPrefetched<S extends ImageSource>(
    items: readonly Prefetched<S>[],
    { choice, least }: DetectionFilter,
  ): Promise<DetectedItem<S>[]> {
    const images = items.flatMap(({ image }) => image ?? []);
    const detections = images.length ? await this.#compute(images, least, choice) : [];
    return items.map(({ error, image, index, source: item }) => {
      const which = { index, item, file: sourceName(item) };
      if (error) return { ...which, error };
      const { height, image: pixels, width } = image;
      const found = { ...which, width, height, detections: detections[images.indexOf(image)] };
      return pixels ? { ...found, image: pixels } : found;
    });
  }

  /** Frees the model and ends the threads that decode images. */
  async dispose(): Promise<void> {
    await this.pool.close();
    await this.#model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The objects in each of several images from `load`, computed at once. */
  async detectLoaded(images: readonly LoadedImage[], options: LoadedDetectOptions = {}): Promise<Detection[][]> {
    checkArgument('detectLoaded', 'the images', images, 'list');
    checkOptions('detectLoaded', options, loadedKinds);
    const { choice, least } = this.#filter(options);
    return await this.#compute(images, least, choice);
  }

  async #compute(images: readonly LoadedImage[], score: number, choice: BoxChoice): Promise<Detection[][]> {
    const prepared = images.map(({ tensor: { data, shape } }) => ({ height: shape[0], width: shape[1], data }));
    const results = await this.#model.detect(prepared, images, score, choice);
    const { results: named } = architectureOf(this.config);
    return results.map((result) => named(result, this.#categories));
  }
}
