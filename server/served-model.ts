import type { Classifier, ClassifierConfig, Prediction } from '../backbone/index.ts';
import type { LoadedImage } from '../datasets/index.ts';
import {
  Detector,
  type DetectorConfig,
  isAbove,
  type LeftOutDetections,
  loadModel,
  SHOWN_SCORE,
  type SlicingOptions,
} from '../detection/index.ts';
import { type DetectionRecord, detectionRecord } from '../detection/results/detection-record.ts';
import { Batcher, QueueFull } from './batcher.ts';
import type { Decoding } from './decoding.ts';
import type { DetectParameters } from './detect-parameters.ts';
import type { ServerSettings } from './options.ts';
import type { AcceptedPicture } from './pictures.ts';

/** The parameters of a request that decide what its answer contains. */
export interface AnswerOptions {
  /** Number of classes to return. */
  readonly top: number;
  /** Only detections above this score are in the answer. */
  readonly score?: number | undefined;
  /** What else is asked of a detector. */
  readonly detection?: DetectParameters;
}

/** The result of one image, in the form of the command line's `--json`. */
export type Answer =
  | { readonly file: string; readonly predictions: readonly Prediction[] }
  | {
      readonly file: string;
      readonly width: number;
      readonly height: number;
      readonly detections: readonly DetectionRecord[];
      /** What filters leave out, by their names, if anything. */
      readonly left_out?: Readonly<Record<string, number>>;
    };

export type Task = 'classify' | 'detect';

/** A model in `GET /v1/models`. */
export interface ModelRecord {
  readonly name: string;
  readonly task: Task;
  readonly architecture: string;
  readonly labels: readonly string[];
  readonly device: string;
  /** For a classifier: side of the network's input, in pixels. */
  readonly input_size?: number;
}

interface BatchItem {
  readonly picture: AcceptedPicture;
  readonly options: AnswerOptions;
  /** Set for large images, which are decoded before. */
  readonly image: LoadedImage | undefined;
}

/**
 * Networks with inputs up to this size run in batches on one thread, because decoding needs the other threads. Larger
 * networks are fastest one image at a time.
 */
const SMALL = 64;
const SMALL_BATCH = 32;
const isSmall = (config: ClassifierConfig | DetectorConfig) => 'crop_size' in config && config.crop_size <= SMALL;

/** A model under a name. It gathers requests into batches. */
export class ServedModel {
  readonly record: ModelRecord;
  /** The known model or file that it was loaded from. */
  readonly source: string;
  readonly config: ClassifierConfig | DetectorConfig;
  readonly #batcher: Batcher<BatchItem, LoadedImage, Answer>;
  readonly #model: Classifier | Detector;
  readonly #decoding: Decoding;
  /** The number of large images that wait to be decoded or are being decoded. */
  #largeLoading = 0;
  /** Images that are looked at in tiles, and the end of the last of them. */
  readonly #tiled: { waiting: number; last: Promise<unknown> } = { waiting: 0, last: Promise.resolve() };
  readonly #queueLimit: number;
  readonly #onBatch: (items: number) => void;

  private constructor(
    name: string,
    source: string,
    model: Classifier | Detector,
    { batch, queue, windowMs }: ServerSettings,
    decoding: Decoding,
    onBatch: (name: string, items: number) => void,
  ) {
    this.#model = model;
    this.#queueLimit = queue;
    this.#onBatch = (items) => onBatch(name, items);
    this.#decoding = decoding;
    this.source = source;
    this.config = model.config;
    const { categories = [] } = model.config;
    this.record = {
      name,
      task: model instanceof Detector ? 'detect' : 'classify',
      architecture:
        'backbone' in model.config
          ? `${model.config.architecture} ${model.config.backbone}`
          : model.config.architecture,
      labels: categories.map((category) => category.name),
      device: model.device,
      ...('crop_size' in model.config && { input_size: model.config.crop_size }),
    };
    this.#batcher = new Batcher(
      async ({ image, picture }, signal) =>
        image ?? (await model.load(picture.bytes, signal, decoding.poolFor(picture.work))),
      (images, items) => (model instanceof Detector ? detect(model, images, items) : classify(model, images, items)),
      {
        size: batch ?? (isSmall(model.config) ? SMALL_BATCH : 1),
        streams: model.streams,
        windowMs: windowMs,
        limit: queue,
        isSlow: ({ image, picture }) => !image && decoding.isMedium(picture.work),
        onBatch: (items) => onBatch(name, items),
      },
    );
  }

  /** How many images wait, and whether the queue is full. */
  get queue(): { readonly queued: number; readonly isFull: boolean } {
    return { queued: this.#batcher.queued + this.#largeLoading + this.#tiled.waiting, isFull: this.#batcher.isFull };
  }

  /**
   * @param nameOrPath a known model, or a model file
   * @param name the name under which it is served
   * @param onNote called with notes for the user about the file
   * @throws as `loadModel` does
   */
  static async load(
    nameOrPath: string,
    name: string,
    settings: ServerSettings,
    decoding: Decoding,
    onBatch: (name: string, items: number) => void,
    onNote: (note: string) => void,
  ): Promise<ServedModel> {
    const { engine, threads } = settings;
    const model = await loadModel(nameOrPath, { engine, onNote }, (config) => {
      if (threads !== undefined) return { threads };
      return isSmall(config) ? { threads: 1 } : {};
    });
    return new ServedModel(name, nameOrPath, model, settings, decoding, onBatch);
  }

  /**
   * The results of the model for images, in their order; the error for an image that cannot be read.
   *
   * @throws QueueFull when there is no room; the signal's reason when it is aborted
   */
  async answer(
    pictures: readonly AcceptedPicture[],
    options: AnswerOptions,
    signal: AbortSignal,
  ): Promise<PromiseSettledResult<Answer>[]> {
    if (options.detection?.slicing)
      return await this.#answerInTiles(pictures, options, options.detection.slicing, signal);
    const isLarge = ({ work }: AcceptedPicture) => this.#decoding.isLarge(work);
    const small = pictures.filter((picture) => !isLarge(picture));
    const large = pictures.filter(isLarge);
    const itemOf = (picture: AcceptedPicture, image?: LoadedImage): BatchItem => ({ picture, options, image });
    const ask = async (items: readonly BatchItem[]) => (items.length ? await this.#batcher.submit(items, signal) : []);
    const ofSmall = small.map((picture) => itemOf(picture));
    this.#batcher.checkRoom(ofSmall);
    const images = this.#decoding.large(large, async ({ bytes }, pool) => {
      this.#largeLoading++;
      return await this.#model.load(bytes, signal, pool).finally(() => this.#largeLoading--);
    });
    const [answers, ...ofLarge] = await Promise.all([
      ask(ofSmall),
      ...images.map(async (loading, i) => {
        const [loaded] = await Promise.allSettled([loading]);
        return loaded.status === 'fulfilled' ? await ask([itemOf(large[i], loaded.value)]) : [loaded];
      }),
    ]);
    signal.throwIfAborted();
    const largeAnswers = ofLarge.flat();
    return pictures.map((picture) => (isLarge(picture) ? largeAnswers : answers).shift()!);
  }

  /** Images in tiles take the whole model: one after another. */
  async #answerInTiles(
    pictures: readonly AcceptedPicture[],
    { detection, score }: AnswerOptions,
    slicing: SlicingOptions,
    signal: AbortSignal,
  ): Promise<PromiseSettledResult<Answer>[]> {
    const model = this.#model as Detector;
    if (this.#tiled.waiting && this.#tiled.waiting + pictures.length > this.#queueLimit) throw new QueueFull();
    this.#tiled.waiting += pictures.length;
    const turn = this.#tiled.last.then(async () => {
      const results: PromiseSettledResult<Answer>[] = [];
      for (const { bytes, file } of pictures) {
        signal.throwIfAborted();
        const leftOut = new LeftOutRecord();
        const filters = { ...detection?.filters, onLeftOut: leftOut.add };
        const options = { slicing, signal, ...filters, score: score ?? SHOWN_SCORE };
        for await (const found of model.detectAll(bytes, options)) {
          if ('error' in found) results.push({ status: 'rejected', reason: found.error });
          else {
            const { detections, height, width } = found;
            const value = { file, width, height, detections: detections.map(detectionRecord), ...leftOut.field };
            results.push({ status: 'fulfilled', value });
          }
        }
        this.#onBatch(1);
      }
      signal.throwIfAborted();
      return results;
    });
    const done = turn.finally(() => {
      this.#tiled.waiting -= pictures.length;
    });
    this.#tiled.last = done.catch(() => {});
    return await done;
  }

  async dispose(): Promise<void> {
    await this.#model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

async function classify(
  model: Classifier,
  images: readonly LoadedImage[],
  items: readonly BatchItem[],
): Promise<readonly Answer[]> {
  const top = Math.max(...items.map(({ options }) => options.top));
  const results = await model.classifyLoaded(images, { top });
  return items.map(({ picture: { file }, options }, i) => ({
    file,
    predictions: results[i].slice(0, options.top),
  }));
}

async function detect(
  model: Detector,
  images: readonly LoadedImage[],
  items: readonly BatchItem[],
): Promise<readonly Answer[]> {
  // Images of different filters are not computed at once.
  if (items.some(({ options }) => Object.keys(options.detection?.filters ?? {}).length)) {
    return await Promise.all(items.map((item, i) => detectFiltered(model, images[i], item)));
  }
  const score = Math.min(...items.map(({ options }) => options.score ?? SHOWN_SCORE));
  const results = await model.detectLoaded(images, { score: Math.min(score, model.scoreThresh) });
  return items.map(({ picture: { file }, options }, i) => ({
    file,
    width: images[i].width,
    height: images[i].height,
    detections: results[i].filter(({ score }) => isAbove(score, options.score ?? SHOWN_SCORE)).map(detectionRecord),
  }));
}

async function detectFiltered(model: Detector, image: LoadedImage, { options, picture }: BatchItem): Promise<Answer> {
  const { detection, score = SHOWN_SCORE } = options;
  const leftOut = new LeftOutRecord();
  const [found] = await model.detectLoaded([image], { ...detection?.filters, score, onLeftOut: leftOut.add });
  const { height, width } = image;
  return { file: picture.file, width, height, detections: found.map(detectionRecord), ...leftOut.field };
}

/** What filters leave out of an image, in an answer. */
class LeftOutRecord {
  #counts: LeftOutDetections | undefined;

  readonly add = (counts: LeftOutDetections): void => {
    this.#counts = counts;
  };

  get field(): { readonly left_out?: Readonly<Record<string, number>> } {
    if (!this.#counts) return {};
    const { classScore, classes, maxDetections, minArea } = this.#counts;
    const all = { classes, class_score: classScore, min_area: minArea, max_detections: maxDetections };
    return { left_out: Object.fromEntries(Object.entries(all).filter(([, count]) => count)) };
  }
}
