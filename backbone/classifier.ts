// N images, H × W pixels, K classes.
import type { Tensor4D } from '@tensorflow/tfjs-core';
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
import type { Engine, Program, ProgramSpec, Weights } from '../engine/index.ts';
import type { Tensors } from '../engine/ops/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { batchProblem, MOST } from '../io/bounds.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import { batched } from '../io/threads/batched.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import { parseArchitecture } from './architecture.ts';
import type { ClassifierConfig } from './classifier-config.ts';
import { finiteOutputs } from './finite-outputs.ts';
import { parametersOf } from './parameters.ts';
import { resnetLogits } from './resnet.ts';
import { planResNet, type ResNetPlan } from './resnet-plan.ts';
import { type Prediction, topClasses } from './top-classes.ts';

/** Settings of `classify`. */
export interface ClassifyOptions {
  /** How many classes to return, most probable first, from 1 to 100,000. Default 5. */
  readonly top?: number;
}

/** Settings of `classifyAll`. */
export interface ClassifyAllOptions extends ClassifyOptions {
  /** Images computed at once. Default 1, which is fastest on a CPU. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** Settings of `logitsAll`. */
export type LogitsOptions = Omit<ClassifyAllOptions, 'top'>;

const classifyKinds: OptionKinds<ClassifyOptions> = { top: 'checked' };
const logitsKinds: OptionKinds<LogitsOptions> = { batch: 'checked', signal: 'signal' };

/** The logits of one of many images, one for each class, or why the image could not be read. */
export type ScoredImage<S extends ImageSource = ImageSource> =
  | { readonly index: number; readonly source: S; readonly logits: Float32Array; readonly error?: never }
  | { readonly index: number; readonly source: S; readonly error: ResnetCocoError; readonly logits?: never };

/** The result of one image. `file` is its path, or words for one in memory. */
export type ClassifiedFile =
  | { readonly file: string; readonly predictions: readonly Prediction[] }
  | { readonly file: string; readonly error: ResnetCocoError };

/** A result of one of many images: `item` is the caller's image, `index` its position. */
interface OfItem<S extends ImageSource> {
  readonly index: number;
  readonly item: S;
}

/** What the model says of one of many images, in `logitsAll`; `file` is its path, or words for one in memory. */
export type ScoredItem<S extends ImageSource = ImageSource> = ScoredImage<S> & OfItem<S> & { readonly file: string };

/** A result of `classifyAll`. */
export type ClassifiedItem<S extends ImageSource = ImageSource> = ClassifiedFile & OfItem<S>;

const DEFAULT_TOP = 5;

/** What is said of every call after `dispose`. */
export const MODEL_DISPOSED = 'the model was disposed; load it again';

/** The layers of the classifier that a configuration describes. */
export const planClassifier = (config: ClassifierConfig): ResNetPlan =>
  planResNet({ ...config, depth: parseArchitecture(config.architecture).depth });

/** A classifier as a program: from `image` `[N, H, W, 3]`, normalized, to `logits` `[N, K]`. */
export function classifierProgram(config: ClassifierConfig, weights: Weights): ProgramSpec {
  const plan = planClassifier(config);
  return {
    name: config.architecture,
    weights,
    inputs: { image: { shape: ['N', 'H', 'W', 3] } },
    model: (tensors: Tensors, { image }: Tensors) => ({
      logits: resnetLogits(parametersOf(tensors), plan, image as Tensor4D),
    }),
  };
}

/** @throws ResnetCocoError USAGE for an invalid number of classes */
function checkTop(top: number): void {
  if (Number.isInteger(top) && top >= 1 && top <= MOST.classes) return;
  throw new ResnetCocoError('USAGE', `top must be a whole number from 1 to ${MOST.classes}, is ${shownValue(top)}`);
}

/** An image classifier that is ready to run. Made by `loadClassifier`. */
export class Classifier {
  readonly config: ClassifierConfig;
  /** The device and its engine, such as `CPU, 2 threads (ONNX Runtime)`. */
  readonly device: string;
  /** How many computations run in parallel. */
  readonly streams: number;
  readonly #program: Program;
  readonly #pool: ImagePool;
  readonly #transform: ClassificationTransform;

  private constructor(config: ClassifierConfig, { device, streams }: Engine, program: Program) {
    this.config = config;
    this.device = device;
    this.streams = streams;
    this.#program = program;
    this.#pool = new ImagePool({}, MODEL_DISPOSED);
    const { crop_size, image_mean, image_std, resize_size } = config;
    this.#transform = { kind: 'classification', crop_size, image_mean, image_std, resize_size };
  }

  static async compile(engine: Engine, config: ClassifierConfig, weights: Weights): Promise<Classifier> {
    return new Classifier(config, engine, await engine.compile(classifierProgram(config, weights)));
  }

  /**
   * Returns the most probable classes of an image, or of each of several.
   *
   * @param input a path, a `file:` URL, the bytes of a JPEG or PNG, pixels, or an array, another iterable or a stream
   *   of them
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for an invalid `top`
   */
  async classify(input: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  async classify(input: ImageSources, options?: ClassifyOptions): Promise<Prediction[][]>;
  async classify(
    input: ImageSource | ImageSources,
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    checkOptions('classify', options, classifyKinds);
    const { top = DEFAULT_TOP } = options;
    checkTop(top);
    const results: Prediction[][] = [];
    for await (const { error, image } of this.#pool.prefetch(eachSource<ImageSource>(input), this.#transform)) {
      if (error) throw error;
      results.push(topClasses((await this.#logits([image.tensor]))[0], top, this.config.categories));
    }
    return isImageSource(input) ? results[0] : results;
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
    checkOptions('classifyLoaded', options, classifyKinds);
    const { top = DEFAULT_TOP } = options;
    checkTop(top);
    const logits = await this.#logits(images.map(({ tensor }) => tensor));
    return logits.map((values) => topClasses(values, top, this.config.categories));
  }

  /**
   * Classifies images one after another, in order and in constant memory. An image that cannot be read yields its
   * error, and the others go on.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `top` or `batch`
   */
  classifyAll<S extends ImageSource>(input: S, options?: ClassifyAllOptions): AsyncGenerator<ClassifiedItem<S>>;
  classifyAll<S extends ImageSource>(
    input: ImageSources<S>,
    options?: ClassifyAllOptions,
  ): AsyncGenerator<ClassifiedItem<S>>;
  async *classifyAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: ClassifyAllOptions = {},
  ): AsyncGenerator<ClassifiedItem<S>> {
    checkOptions('classifyAll', options, { ...classifyKinds, ...logitsKinds });
    const { top = DEFAULT_TOP, ...others } = options;
    checkTop(top);
    for await (const { index, item, file, error, logits } of this.logitsAll(eachSource<S>(input), others)) {
      const which = { index, item, file };
      yield error ? { ...which, error } : { ...which, predictions: topClasses(logits, top, this.config.categories) };
    }
  }

  /**
   * Computes the logits of images one after another, in order and in constant memory, for evaluation. An image that
   * cannot be read yields its error.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `batch`
   */
  logitsAll<S extends ImageSource>(input: S, options?: LogitsOptions): AsyncGenerator<ScoredItem<S>>;
  logitsAll<S extends ImageSource>(input: ImageSources<S>, options?: LogitsOptions): AsyncGenerator<ScoredItem<S>>;
  async *logitsAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    options: LogitsOptions = {},
  ): AsyncGenerator<ScoredItem<S>> {
    checkOptions('logitsAll', options, logitsKinds);
    const { batch = 1, signal } = options;
    const problem = batchProblem(batch, this.config.crop_size ** 2);
    if (problem !== undefined) throw new ResnetCocoError('USAGE', problem);
    const ahead = batch * (this.streams + 2);
    const loaded = batched(this.#pool.prefetch(eachSource<S>(input), this.#transform, { signal, ahead }), batch);
    for await (const results of mapOrdered(loaded, this.streams, (items) => this.#scoreLoaded(items))) yield* results;
  }

  async #scoreLoaded<S extends ImageSource>(items: readonly Prefetched<S>[]): Promise<ScoredItem<S>[]> {
    const logits = await this.#logits(items.flatMap(({ image }) => image?.tensor ?? []));
    let done = 0;
    return items.map(({ index, source, error }) => {
      const which = { index, item: source, file: sourceName(source), source };
      return error ? { ...which, error } : { ...which, logits: logits[done++] };
    });
  }

  /** Frees the model and ends the threads that decode images. */
  async dispose(): Promise<void> {
    await this.#pool.close();
    await this.#program.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #logits(images: readonly ImageTensor[]): Promise<Float32Array[]> {
    if (!images.length) return [];
    const [{ data, shape }] = images;
    const pixels = new Float32Array(images.length * data.length);
    for (const [i, image] of images.entries()) pixels.set(image.data, i * data.length);
    const { logits } = await this.#program.run({ image: { shape: [images.length, ...shape], data: pixels } });
    const values = finiteOutputs((await logits.data()) as Float32Array);
    logits.dispose();
    const classes = this.config.num_classes;
    return images.map((_, i) => values.subarray(i * classes, (i + 1) * classes));
  }
}
