import {
  type ClassificationTransform,
  eachSource,
  ImagePool,
  type ImageSource,
  type ImageSources,
  type ImageTensor,
  isImageSource,
  type LoadedImage,
  type Prefetched,
  sourceName,
} from '../datasets/index.ts';
import type { Engine } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { batchProblem, MOST } from '../io/bounds.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import { batched } from '../io/threads/batched.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import type { ClassifierConfig } from './classifier-config.ts';
import { planClassifier } from './classifier-program.ts';
import { ClassifierPrograms, type FeatureMap, MODEL_DISPOSED, type WeightSource } from './classifier-programs.ts';
import type {
  ClassifiedItem,
  ClassifyAllOptions,
  ClassifyOptions,
  EmbeddedItem,
  LogitsOptions,
  OfItem,
  ScoredItem,
} from './classifier-results.ts';
import { classifierTransform, type ViewOptions } from './classifier-transform.ts';
import { type Prediction, topClasses } from './top-classes.ts';

const topKinds: OptionKinds<ClassifyOptions> = { top: 'checked' };
const batchKinds: OptionKinds<LogitsOptions> = { batch: 'checked', signal: 'signal' };
const viewKinds: OptionKinds<ViewOptions> = { size: 'checked', crops: 'checked' };

/** Classes of an image, unless the caller says otherwise. */
export const DEFAULT_TOP = 5;

/** An output of the network for one of many images. */
type RowOf<S extends ImageSource> = OfItem<S> & { readonly file: string } & (
    | { readonly row: Float32Array; readonly error?: never }
    | { readonly row?: never; readonly error: ResnetCocoError }
  );

/** @throws ResnetCocoError USAGE for an invalid number of classes */
export function checkTop(top: number): void {
  if (Number.isInteger(top) && top >= 1 && top <= MOST.classes) return;
  throw new ResnetCocoError('USAGE', `top must be a whole number from 1 to ${MOST.classes}, is ${shownValue(top)}`);
}

/** @throws ResnetCocoError USAGE for an invalid size or number of crops */
function checkView({ crops = 1, size }: ViewOptions): void {
  if (crops !== 1 && crops !== 10) {
    throw new ResnetCocoError('USAGE', `crops must be 1 or 10, is ${shownValue(crops)}`);
  }
  const most = Math.sqrt(MOST.pixels);
  if (size === undefined || size === 'test' || (Number.isInteger(size) && size >= 1 && size <= most)) return;
  throw new ResnetCocoError(
    'USAGE',
    `size must be a whole number from 1 to ${most}, or 'test', is ${shownValue(size)}`,
  );
}

/** An image classifier that is ready to run. Made by `loadClassifier`. */
export class Classifier {
  readonly config: ClassifierConfig;
  /** What computes; further programs may run on it. */
  readonly engine: Engine;
  readonly #programs: ClassifierPrograms;
  readonly #pool: ImagePool;
  readonly #transform: ClassificationTransform;

  private constructor(config: ClassifierConfig, engine: Engine, programs: ClassifierPrograms) {
    this.config = config;
    this.engine = engine;
    this.#programs = programs;
    this.#pool = new ImagePool({}, MODEL_DISPOSED);
    this.#transform = classifierTransform(config);
  }

  /** @param source of the weights; the classifier closes it when it is disposed */
  static async compile(engine: Engine, config: ClassifierConfig, source: WeightSource): Promise<Classifier> {
    return new Classifier(config, engine, await ClassifierPrograms.compile(engine, config, source));
  }

  /** The device and its engine, such as `CPU, 2 threads (ONNX Runtime)`. */
  get device(): string {
    return this.engine.device;
  }

  /** How many computations run in parallel. */
  get streams(): number {
    return this.engine.streams;
  }

  /** How many numbers an embedding has. */
  get dimensions(): number {
    return planClassifier(this.config).head.inFeatures;
  }

  /**
   * Returns the most probable classes of an image, or of each of several.
   *
   * @param input a path, a `file:` URL, the bytes of a JPEG or PNG, pixels, or an array, another iterable or a stream
   *   of them
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for an invalid `top`, `size` or `crops`
   */
  async classify(input: ImageSource, options?: ClassifyOptions & ViewOptions): Promise<Prediction[]>;
  async classify(input: ImageSources, options?: ClassifyOptions & ViewOptions): Promise<Prediction[][]>;
  async classify(
    input: ImageSource | ImageSources,
    options: ClassifyOptions & ViewOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    checkOptions('classify', options, { ...topKinds, ...viewKinds });
    const { top = DEFAULT_TOP } = options;
    checkTop(top);
    checkView(options);
    const { categories } = this.config;
    const compute = async (images: readonly ImageTensor[]) => {
      const rows = await this.#programs.rows('logits', images);
      return rows.map((logits) => topClasses(logits, top, categories));
    };
    return await this.#ofEach(input, compute, classifierTransform(this.config, options));
  }

  /**
   * Returns the embedding of an image, or of each of several: the pooled features from which the logits are computed,
   * such as 2048 numbers of a ResNet-50. They are not normalized.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image
   */
  async embed(input: ImageSource): Promise<Float32Array>;
  async embed(input: ImageSources): Promise<Float32Array[]>;
  async embed(input: ImageSource | ImageSources): Promise<Float32Array | Float32Array[]> {
    return await this.#ofEach(input, (images) => this.#programs.rows('embedding', images));
  }

  /**
   * Returns the feature map at the end of each stage of an image, or of each of several. The first call compiles a
   * second program.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image
   */
  async features(input: ImageSource): Promise<FeatureMap[]>;
  async features(input: ImageSources): Promise<FeatureMap[][]>;
  async features(input: ImageSource | ImageSources): Promise<FeatureMap[] | FeatureMap[][]> {
    return await this.#ofEach(input, (images) => this.#programs.features(images));
  }

  /**
   * Reads an image for `classifyLoaded` in another thread, for callers that gather batches themselves, such as a
   * server.
   *
   * @param signal aborts the call
   * @param pool threads that several models share, instead of the model's own
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; the signal's reason
   */
  async load(source: ImageSource, signal?: AbortSignal, pool: ImagePool = this.#pool): Promise<LoadedImage> {
    return await pool.load(source, this.#transform, { signal });
  }

  /** Returns the most probable classes of each of several images from `load`, computed in one batch. */
  async classifyLoaded(images: readonly LoadedImage[], options: ClassifyOptions = {}): Promise<Prediction[][]> {
    checkArgument('classifyLoaded', 'the images', images, 'list');
    checkOptions('classifyLoaded', options, topKinds);
    const { top = DEFAULT_TOP } = options;
    checkTop(top);
    const rows = await this.#programs.rows(
      'logits',
      images.map(({ tensor }) => tensor),
    );
    return rows.map((values) => topClasses(values, top, this.config.categories));
  }

  /**
   * Classifies images one after another, in order and in constant memory. An image that cannot be read yields its
   * error, and the others go on.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `top`, `batch`, `size` or `crops`
   */
  classifyAll<S extends ImageSource>(
    input: S,
    options?: ClassifyAllOptions & ViewOptions,
  ): AsyncGenerator<ClassifiedItem<S>>;
  classifyAll<S extends ImageSource>(
    input: ImageSources<S>,
    options?: ClassifyAllOptions & ViewOptions,
  ): AsyncGenerator<ClassifiedItem<S>>;
  async *classifyAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: ClassifyAllOptions & ViewOptions = {},
  ): AsyncGenerator<ClassifiedItem<S>> {
    checkOptions('classifyAll', options, { ...topKinds, ...viewKinds, ...batchKinds });
    const { top = DEFAULT_TOP, ...others } = options;
    checkTop(top);
    for await (const { index, item, file, error, logits } of this.logitsAll(eachSource<S>(input), others)) {
      const which = { index, item, file };
      yield error ? { ...which, error } : { ...which, predictions: topClasses(logits, top, this.config.categories) };
    }
  }

  /**
   * Computes the logits of images one after another, in order and in constant memory, for evaluation. With ten crops
   * they are the logarithm of the mean probabilities. An image that cannot be read yields its error.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `batch`, `size` or `crops`
   */
  logitsAll<S extends ImageSource>(input: S, options?: LogitsOptions & ViewOptions): AsyncGenerator<ScoredItem<S>>;
  logitsAll<S extends ImageSource>(
    input: ImageSources<S>,
    options?: LogitsOptions & ViewOptions,
  ): AsyncGenerator<ScoredItem<S>>;
  async *logitsAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: LogitsOptions & ViewOptions = {},
  ): AsyncGenerator<ScoredItem<S>> {
    checkOptions('logitsAll', options, { ...batchKinds, ...viewKinds });
    for await (const { row, error, ...which } of this.#rowsAll('logits', input, options)) {
      const scored = { ...which, source: which.item };
      yield error ? { ...scored, error } : { ...scored, logits: row };
    }
  }

  /**
   * Computes the embeddings of images one after another, as `embed` does, in order and in constant memory. An image that
   * cannot be read yields its error.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `batch`
   */
  embedAll<S extends ImageSource>(input: S, options?: LogitsOptions): AsyncGenerator<EmbeddedItem<S>>;
  embedAll<S extends ImageSource>(input: ImageSources<S>, options?: LogitsOptions): AsyncGenerator<EmbeddedItem<S>>;
  async *embedAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: LogitsOptions = {},
  ): AsyncGenerator<EmbeddedItem<S>> {
    checkOptions('embedAll', options, batchKinds);
    for await (const { row, error, ...which } of this.#rowsAll('embedding', input, options)) {
      yield error ? { ...which, error } : { ...which, embedding: row };
    }
  }

  /** Frees the model and ends the threads that decode images. */
  async dispose(): Promise<void> {
    await this.#pool.close();
    await this.#programs.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Computes something of one image, or of each of several, one after another. */
  async #ofEach<R>(
    input: ImageSource | ImageSources,
    compute: (images: readonly ImageTensor[]) => Promise<R[]>,
    transform = this.#transform,
  ): Promise<R | R[]> {
    const results: R[] = [];
    for await (const { error, image } of this.#pool.prefetch(eachSource<ImageSource>(input), transform)) {
      if (error) throw error;
      results.push(...(await compute([image.tensor])));
    }
    return isImageSource(input) ? results[0] : results;
  }

  async *#rowsAll<S extends ImageSource>(
    output: 'logits' | 'embedding',
    input: S | ImageSources<S>,
    { batch = 1, signal, ...view }: LogitsOptions & ViewOptions,
  ): AsyncGenerator<RowOf<S>> {
    checkView(view);
    const transform = classifierTransform(this.config, view);
    const { crops = 1, crop_size } = transform;
    const problem = batchProblem(batch, crops * crop_size ** 2);
    if (problem !== undefined) throw new ResnetCocoError('USAGE', problem);
    const ahead = batch * (this.streams + 2);
    const loaded = batched(this.#pool.prefetch(eachSource<S>(input), transform, { signal, ahead }), batch);
    const compute = async (items: readonly Prefetched<S>[]): Promise<RowOf<S>[]> => {
      const rows = await this.#programs.rows(
        output,
        items.flatMap(({ image }) => image?.tensor ?? []),
      );
      let done = 0;
      return items.map(({ index, source, error }) => {
        const which = { index, item: source, file: sourceName(source) };
        return error ? { ...which, error } : { ...which, row: rows[done++] };
      });
    };
    for await (const results of mapOrdered(loaded, this.streams, compute)) yield* results;
  }
}
