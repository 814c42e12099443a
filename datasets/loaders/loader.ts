import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { checkOptions } from '../../io/options.ts';
import { filePath } from '../../io/regular-file.ts';
import { type Cancelled, cancel, isCancelled, newCancelled } from '../../io/threads/cancelled.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { WorkerPool, wholeNumber } from '../../io/threads/worker-pool.ts';
import type { ClassificationDataset } from '../classification/classification-dataset.ts';
import type {
  BatchJob,
  BatchResult,
  BrokenPicture,
  EncodedPicture,
  ThreadSettings,
} from './classification/batch-job.ts';
import { type CachedSize, cachedSizeOf } from './classification/cached-size.ts';
import { checkRecipe } from './classification/check-recipe.ts';
import { batchesOf, EpochPlan, type PlannedBatch } from './classification/epoch-plan.ts';
import { type EpochOptions, epochKinds, type LoaderOptions, loaderKinds } from './classification/loader-options.ts';
import { PictureCache } from './classification/picture-cache.ts';
import { isDecoded, storePixels } from './classification/pixel-store.ts';
import { type Recipe, sizeOf } from './classification/recipe.ts';

/** The input of a training step. N: images, K: classes. */
export interface Batch {
  /** Number of the batch in its epoch. */
  readonly number: number;
  /** Normalized RGB. */
  readonly image: {
    readonly shape: readonly [n: number, height: number, width: number, 3];
    readonly data: Float32Array;
  };
  /** Share of each class, with sum 1; smoothed and mixed as the recipe says. */
  readonly target: { readonly shape: readonly [n: number, k: number]; readonly data: Float32Array };
  /** Class of each image, before mixing. */
  readonly labels: Int32Array;
  /** Index of each image in the data set. */
  readonly indices: Int32Array;
}

/** A batch is made again at most this often because of broken images; then the data set is given up. */
const MAX_TRIES = 20;

/**
 * Batches of a classification data set. Threads make them ahead of the consumer. An image's random numbers depend only
 * on the seed, the epoch and its index, a batch's on the seed, the epoch and its number, so the number of threads and
 * the batch at which an epoch resumes change no bit.
 */
export class Loader {
  /** Per epoch. */
  readonly batches: number;
  readonly #dataset: ClassificationDataset;
  readonly #options: LoaderOptions;
  /** Class of each image, if classes are balanced. */
  readonly #labels: Int32Array | undefined;
  readonly #size: number;
  readonly #ahead: number;
  readonly #pool: WorkerPool<BatchJob, BatchResult>;
  readonly #decodes: boolean;
  readonly #broken = new Map<number, string>();
  /** Flags of running epochs. */
  readonly #epochs = new Set<Cancelled>();
  #cache: Promise<PictureCache> | undefined;

  /**
   * @throws ResnetCocoError BAD_CONFIG when the recipe is wrong
   * @throws ResnetCocoError USAGE when a number is out of range
   * @throws ResnetCocoError BAD_DATASET when the data set makes no batch
   */
  constructor(dataset: ClassificationDataset, options: LoaderOptions) {
    checkOptions('Loader', options, loaderKinds);
    const { batch, seed = 0, dropLast = false } = options;
    const recipe = checkRecipe(options.recipe);
    wholeNumber('batch', batch, MOST.batch);
    if (!Number.isSafeInteger(seed)) throw new ResnetCocoError('USAGE', `seed is ${seed}; expected a safe integer`);
    this.batches = batchesOf(dataset.length, batch, dropLast);
    if (this.batches === 0) {
      const remedy = dataset.length ? '; make `batch` smaller, or keep the last one' : '';
      throw new ResnetCocoError('BAD_DATASET', `${dataset.length} images make no batch of ${batch}${remedy}`);
    }
    this.#dataset = dataset;
    if (recipe.kind === 'training' && recipe.balance) {
      if ((recipe.repeats ?? 1) > 1) {
        throw new ResnetCocoError(
          'BAD_CONFIG',
          'recipe: balance and repeats exclude one another; leave one of them out',
        );
      }
      this.#labels = Int32Array.from({ length: dataset.length }, (_, index) => dataset.label(index));
    }
    this.#options = options;
    this.#size = sizeOf(recipe);
    this.#decodes = !isDecoded(dataset.image(0));
    const threads = options.workers ?? (this.#decodes ? Math.min(4, availableParallelism()) : 1);
    this.#ahead = wholeNumber('ahead', options.ahead ?? wholeNumber('workers', threads, MOST.threads) + 1, MOST.ahead);
    const settings: ThreadSettings = {
      recipe,
      seed,
      classes: dataset.classes.length,
      pixels: this.#decodes ? undefined : storePixels(dataset),
      cachedSize: this.#cachedSize(recipe),
    };
    this.#pool = new WorkerPool({
      name: 'loader',
      module: new URL('./classification/batch-worker.js', import.meta.url),
      threads,
      workerData: settings,
      failure: ({ indices }, reason, cause) => {
        const names = `${dataset.nameOf(indices[0])} to ${dataset.nameOf(indices[indices.length - 1])}`;
        return new ResnetCocoError('BAD_IMAGE', `the batch of ${names} cannot be made: ${reason}`, { cause });
      },
    });
  }

  #cachedSize(recipe: Recipe): CachedSize | undefined {
    const { cache, cacheSide } = this.#options;
    if (cacheSide !== undefined) wholeNumber('cacheSide', cacheSide, MOST.side);
    return cache === undefined ? undefined : cachedSizeOf(recipe, cacheSide);
  }

  /**
   * The batches of an epoch, in order. Leaving the loop ends all work on them; several epochs may run at once.
   *
   * @param epoch from 0
   * @throws ResnetCocoError USAGE when a number is out of range
   * @throws ResnetCocoError BAD_CONFIG when the recipe does not fit a picture
   * @throws ResnetCocoError BAD_DATASET when no image can be read
   * @throws ResnetCocoError FILE_NOT_WRITABLE when the cache cannot be opened
   * @throws ResnetCocoError DISPOSED when the loader is closed
   */
  async *epoch(epoch: number, options: EpochOptions = {}): AsyncGenerator<Batch, void, void> {
    checkOptions('epoch', options, epochKinds);
    const { from = 0, signal } = options;
    within('epoch', epoch, 2 ** 32 - 1);
    within('from', from, this.batches);
    const { batch, seed = 0, dropLast = false, recipe } = this.#options;
    const shuffle = recipe.kind === 'training' && {
      shuffle: { seed, epoch, repeats: recipe.repeats, balance: this.#labels },
    };
    const plan = new EpochPlan({ length: this.#dataset.length, batch, dropLast, ...shuffle });
    if (signal?.aborted) return;
    await this.#openCache();
    const numbers = Array.from({ length: plan.batches - from }, (_, i) => from + i);
    const cancelled = newCancelled();
    this.#epochs.add(cancelled);
    const make = (number: number) => this.#make(plan, epoch, number, cancelled);
    try {
      for await (const made of mapOrdered(numbers, this.#ahead + 1, make, signal)) {
        if (made.indices.length) yield made;
      }
    } finally {
      cancel(cancelled);
      this.#epochs.delete(cancelled);
      await this.#finishCache();
    }
  }

  /** Ends all epochs (their next batch throws DISPOSED) and stops the threads. */
  async close(): Promise<void> {
    for (const cancelled of this.#epochs) cancel(cancelled);
    await this.#pool.close();
    await this.#finishCache();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Writes decoded pictures to disk; does nothing without a working cache. */
  async #finishCache(): Promise<void> {
    try {
      await (await this.#cache)?.finish();
    } catch (error) {
      this.#options.onProblem?.(error as ResnetCocoError);
    }
  }

  #openCache(): Promise<PictureCache> | undefined {
    const { cache, recipe } = this.#options;
    const size = this.#cachedSize(recipe);
    if (cache !== undefined && size && this.#decodes) this.#cache ??= PictureCache.open(cache, size);
    return this.#cache;
  }

  /** Makes a batch; makes it again if images in it are broken. */
  async #make(plan: EpochPlan, epoch: number, number: number, cancelled: Cancelled): Promise<Batch> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const planned = plan.batch(number, this.#broken);
      if (!planned) break;
      const labels = planned.indices.map((index) => this.#dataset.label(index));
      const pictures = this.#decodes ? await this.#pictures(planned) : undefined;
      const { batch, broken, fresh } = await this.#pool.run({ epoch, number, ...planned, labels, pictures, cancelled });
      const cache = await this.#cache;
      try {
        for (const { source, pixels, ...picture } of fresh) await cache?.add(source, picture, pixels);
      } catch (error) {
        this.#options.onProblem?.(error as ResnetCocoError);
      }
      for (const picture of broken) this.#remember(picture);
      if (batch) return this.#batch(number, planned.indices, labels, batch);
      if (isCancelled(cancelled)) throw new ResnetCocoError('DISPOSED', 'the loader is closed; make a new one');
    }
    const [first] = this.#broken.values();
    const count = `${this.#broken.size} of ${this.#dataset.length} images cannot be read so far`;
    throw new ResnetCocoError('BAD_DATASET', `${count}, too many to go on; the first: ${first}`);
  }

  #batch(number: number, indices: Int32Array, labels: Int32Array, data: NonNullable<BatchResult['batch']>): Batch {
    const image = { shape: [indices.length, this.#size, this.#size, 3], data: data.image } as const;
    const target = { shape: [indices.length, this.#dataset.classes.length], data: data.target } as const;
    return { number, image, target, labels, indices };
  }

  async #pictures({ indices }: PlannedBatch): Promise<EncodedPicture[]> {
    const cache = await this.#cache;
    return Array.from(indices, (index) => {
      const source = this.#dataset.image(index);
      // A copy, since transferring a view would take its whole buffer.
      if (source instanceof Uint8Array) return { source: new Uint8Array(source), cached: undefined };
      if (isDecoded(source)) {
        const name = this.#dataset.nameOf(index);
        throw new ResnetCocoError(
          'BAD_DATASET',
          `${name}: pixels, unlike the first image; give all as pixels, or none`,
        );
      }
      const path = resolve(filePath(source));
      return { source: path, cached: cache?.get(path) };
    });
  }

  #remember({ index, code, message }: BrokenPicture): void {
    if (this.#broken.has(index)) return;
    this.#broken.set(index, message);
    this.#options.onProblem?.(new ResnetCocoError(code, message));
  }
}

function within(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new ResnetCocoError('USAGE', `${name} is ${value}; expected a whole number, 0 to ${most}`);
}
