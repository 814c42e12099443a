import type { Classifier, ClassifierConfig, Prediction } from '../backbone/index.ts';
import type { LoadedImage } from '../datasets/index.ts';
import { type Detection, Detector, type DetectorConfig, isAbove, loadModel, SHOWN_SCORE } from '../detection/index.ts';
import { Batcher } from './batcher.ts';
import type { Decoding } from './decoding.ts';
import type { ServerSettings } from './options.ts';
import type { WelcomePicture } from './pictures.ts';

/** What is asked of a model. */
export interface Question {
  /** Classes to return. */
  readonly top: number;
  /** Only objects above this score are in the answer. */
  readonly score: number | undefined;
}

/** What became of one picture, as the command line's `--json` has it. */
export type Answer =
  | { readonly file: string; readonly predictions: readonly Prediction[] }
  | {
      readonly file: string;
      readonly width: number;
      readonly height: number;
      readonly detections: readonly Detection[];
    };

export type Task = 'classify' | 'detect';

/** What `GET /v1/models` tells of a model. */
export interface ModelRecord {
  readonly name: string;
  readonly task: Task;
  readonly architecture: string;
  readonly labels: readonly string[];
  readonly device: string;
  /** Of a classifier: pixels of a side of what its net is given. */
  readonly input_size?: number;
}

interface Asked {
  readonly picture: WelcomePicture;
  readonly question: Question;
  /** A large picture comes decoded. */
  readonly image: LoadedImage | undefined;
}

/**
 * Nets for pictures of so few pixels are computed many at once, by one thread, as the others have enough to do with
 * decoding; larger ones are fastest one by one.
 */
const SMALL = 64;
const SMALL_BATCH = 32;
const isSmall = (config: ClassifierConfig | DetectorConfig) => 'crop_size' in config && config.crop_size <= SMALL;

/** A model under a name, which gathers what is asked of it into batches. */
export class ServedModel {
  readonly record: ModelRecord;
  /** What it was loaded from. */
  readonly source: string;
  readonly config: ClassifierConfig | DetectorConfig;
  readonly #batcher: Batcher<Asked, LoadedImage, Answer>;
  readonly #model: Classifier | Detector;
  readonly #decoding: Decoding;
  /** Large pictures that wait to be decoded, or are. */
  #largeLoading = 0;

  private constructor(
    name: string,
    source: string,
    model: Classifier | Detector,
    { batch, queue, window_ms }: ServerSettings,
    decoding: Decoding,
    onBatch: (name: string, items: number) => void,
  ) {
    this.#model = model;
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
      (images, asked) => (model instanceof Detector ? detect(model, images, asked) : classify(model, images, asked)),
      {
        size: batch ?? (isSmall(model.config) ? SMALL_BATCH : 1),
        streams: model.streams,
        windowMs: window_ms,
        limit: queue,
        isSlow: ({ image, picture }) => !image && decoding.isMedium(picture.work),
        onBatch: (items) => onBatch(name, items),
      },
    );
  }

  /** What waits for it now: images, and whether there is room for more. */
  get queue(): { readonly queued: number; readonly isFull: boolean } {
    return { queued: this.#batcher.queued + this.#largeLoading, isFull: this.#batcher.isFull };
  }

  /**
   * @param nameOrPath a known model, or a model file @param name by which it is asked for
   * @param onNote called with what a person should know of the file
   * @throws ResnetCocoError as loading a model does
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
   * What the model sees in pictures, in their order; of one that cannot be read, why.
   *
   * @throws QueueFull; the signal's reason
   */
  async answer(
    pictures: readonly WelcomePicture[],
    question: Question,
    signal: AbortSignal,
  ): Promise<PromiseSettledResult<Answer>[]> {
    const isLarge = ({ work }: WelcomePicture) => this.#decoding.isLarge(work);
    const small = pictures.filter((picture) => !isLarge(picture));
    const large = pictures.filter(isLarge);
    const asked = (picture: WelcomePicture, image?: LoadedImage): Asked => ({ picture, question, image });
    const ask = async (items: readonly Asked[]) => (items.length ? await this.#batcher.submit(items, signal) : []);
    const ofSmall = small.map((picture) => asked(picture));
    this.#batcher.checkRoom(ofSmall);
    const images = this.#decoding.large(large, async ({ bytes }, pool) => {
      this.#largeLoading++;
      return await this.#model.load(bytes, signal, pool).finally(() => this.#largeLoading--);
    });
    const [answers, ...ofLarge] = await Promise.all([
      ask(ofSmall),
      ...images.map(async (loading, i) => {
        const [loaded] = await Promise.allSettled([loading]);
        return loaded.status === 'fulfilled' ? await ask([asked(large[i], loaded.value)]) : [loaded];
      }),
    ]);
    signal.throwIfAborted();
    const largeAnswers = ofLarge.flat();
    return pictures.map((picture) => (isLarge(picture) ? largeAnswers : answers).shift()!);
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
  asked: readonly Asked[],
): Promise<readonly Answer[]> {
  const top = Math.max(...asked.map(({ question }) => question.top));
  const results = await model.classifyLoaded(images, { top });
  return asked.map(({ picture: { file }, question }, i) => ({
    file,
    predictions: results[i].slice(0, question.top),
  }));
}

async function detect(
  model: Detector,
  images: readonly LoadedImage[],
  asked: readonly Asked[],
): Promise<readonly Answer[]> {
  const score = Math.min(...asked.map(({ question }) => question.score ?? SHOWN_SCORE));
  const results = await model.detectLoaded(images, { score: Math.min(score, model.config.box_score_thresh) });
  return asked.map(({ picture: { file }, question }, i) => ({
    file,
    width: images[i].width,
    height: images[i].height,
    detections: results[i].filter(({ score }) => isAbove(score, question.score ?? SHOWN_SCORE)),
  }));
}
