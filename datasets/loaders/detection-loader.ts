import { availableParallelism } from 'node:os';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { checkOptions } from '../../io/options.ts';
import { type Cancelled, cancel, isCancelled, newCancelled } from '../../io/threads/cancelled.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { WorkerPool, wholeNumber } from '../../io/threads/worker-pool.ts';
import { MOSAIC } from '../augment/compose.ts';
import { type EpochOptions, epochKinds } from './classification/loader-options.ts';
import { checkKeypoints } from './detection/check-keypoints.ts';
import { checkDetectionRecipe } from './detection/check-recipe.ts';
import { aspectRatioGroups, GroupedPlan } from './detection/grouped-plan.ts';
import { type DetectionLoaderOptions, type DetectionSample, detectionLoaderKinds } from './detection/loader-options.ts';
import type { PreparedSample } from './detection/prepare.ts';
import type { SampleJob, SampleResult, SampleSettings } from './detection/sample-job.ts';
import { repeatFactors } from './epoch-order.ts';
import { seeded } from './seeded.ts';

/** A training image with its objects, in pixels of the resized image. */
export interface LoadedSample extends PreparedSample {
  readonly file: string;
  /** Index in the list of samples. */
  readonly index: number;
}

/** Images of similar shape, not yet padded to one size. */
export interface DetectionBatch {
  /** Number of the batch in its epoch. */
  readonly number: number;
  readonly epoch: number;
  readonly images: readonly LoadedSample[];
}

const AHEAD = 2;
const ASPECT_RATIO_GROUP_FACTOR = 3;

/**
 * Batches to train a detector on. Threads make them ahead of the consumer. An image's random numbers depend only on the
 * seed, the epoch and its index, so the number of threads and the batch at which an epoch resumes change no bit.
 */
export class DetectionLoader {
  /** Per epoch. */
  readonly batches: number;
  readonly #samples: readonly DetectionSample[];
  readonly #options: DetectionLoaderOptions;
  readonly #groups: Int32Array;
  /** How often images come, if rare categories are repeated. */
  readonly #weights: Float64Array | undefined;
  readonly #pool: WorkerPool<SampleJob, SampleResult>;
  readonly #broken = new Map<number, string>();
  /** Flags of running epochs. */
  readonly #epochs = new Set<Cancelled>();

  /**
   * @throws ResnetCocoError BAD_CONFIG when the recipe is wrong, or does not say which keypoints to exchange
   * @throws ResnetCocoError USAGE when a number is out of range
   * @throws ResnetCocoError BAD_DATASET when the samples make no batch, or an object has other keypoints than the recipe
   */
  constructor(samples: readonly DetectionSample[], options: DetectionLoaderOptions) {
    checkOptions('DetectionLoader', options, detectionLoaderKinds);
    const { aspect_ratio_group_factor = ASPECT_RATIO_GROUP_FACTOR, seed = 0 } = options;
    const batch = wholeNumber('batch', options.batch, MOST.batch);
    const recipe = checkDetectionRecipe(options.recipe);
    this.batches = Math.floor(samples.length / batch);
    if (!this.batches) {
      const problem = `${samples.length} images with objects make no batch of ${batch}`;
      throw new ResnetCocoError('BAD_DATASET', `${problem}${samples.length ? '; make `batch` smaller' : ''}`);
    }
    checkKeypoints(samples, recipe);
    this.#samples = samples;
    this.#options = options;
    this.#groups = aspectRatioGroups(samples, aspect_ratio_group_factor);
    const { repeat_threshold: threshold } = options;
    if (threshold !== undefined)
      this.#weights = repeatFactors(
        samples.map(({ labels }) => labels),
        threshold,
      );
    const settings: SampleSettings = { recipe, seed };
    this.#pool = new WorkerPool({
      name: 'loader',
      module: new URL('./detection/sample-worker.js', import.meta.url),
      threads: options.workers ?? Math.min(4, availableParallelism()),
      workerData: settings,
      failure: ({ sample }, reason, cause) =>
        new ResnetCocoError('BAD_IMAGE', `${sample.file}: cannot be processed: ${reason}`, { cause }),
    });
  }

  /**
   * The batches of an epoch, in order. Leaving the loop ends all work on them.
   *
   * @param epoch from 0
   * @throws ResnetCocoError BAD_DATASET when no image can be read
   * @throws ResnetCocoError DISPOSED when the loader is closed
   */
  async *epoch(epoch: number, options: EpochOptions = {}): AsyncGenerator<DetectionBatch, void, void> {
    checkOptions('epoch', options, epochKinds);
    const { from = 0, signal } = options;
    const { ahead = AHEAD, batch, seed = 0 } = this.#options;
    const plan = new GroupedPlan({ groups: this.#groups, batch, seed, epoch, weights: this.#weights });
    const numbers = Array.from({ length: plan.batches - from }, (_, i) => from + i);
    const cancelled = newCancelled();
    this.#epochs.add(cancelled);
    const make = (number: number) => this.#make(plan, epoch, number, cancelled);
    try {
      yield* mapOrdered(numbers, ahead + 1, make, signal);
    } finally {
      cancel(cancelled);
      this.#epochs.delete(cancelled);
    }
  }

  /** Ends all epochs and stops the threads. */
  async close(): Promise<void> {
    for (const cancelled of this.#epochs) cancel(cancelled);
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Makes a batch; broken images are replaced. */
  async #make(plan: GroupedPlan, epoch: number, number: number, cancelled: Cancelled): Promise<DetectionBatch> {
    const made = new Map<string, LoadedSample>();
    for (;;) {
      const planned = plan.batch(number, this.#broken);
      if (!planned) throw this.#nothingLeft();
      const { indices, places } = planned;
      const keys = Array.from(indices, (index, i) => `${index} ${i}`);
      await Promise.all(
        keys.map(async (key, i) => {
          if (made.has(key)) return;
          const sample = this.#samples[indices[i]];
          const others = this.#othersOf(epoch, places[i]);
          const result = await this.#pool.run({ sample, others, epoch, place: places[i], cancelled });
          if (!result) return;
          if ('problem' in result) this.#remember(indices[i], result.problem);
          else made.set(key, { ...result.sample, file: sample.file, index: indices[i] });
        }),
      );
      if (isCancelled(cancelled)) throw new ResnetCocoError('DISPOSED', 'the loader is closed; make a new one');
      const images = keys.flatMap((key) => made.get(key) ?? []);
      if (images.length === keys.length) return { number, epoch, images };
    }
  }

  /** Images for a mosaic, and one whose objects are pasted, if the recipe asks for them. */
  #othersOf(epoch: number, place: number): DetectionSample[] {
    const { recipe, seed = 0 } = this.#options;
    if (!recipe.mosaic && !recipe.copy_paste) return [];
    const random = seeded(seed, 'mix', epoch, place);
    return Array.from({ length: MOSAIC }, () => this.#samples[random.integer(this.#samples.length)]);
  }

  #nothingLeft(): ResnetCocoError {
    const [first] = this.#broken.values();
    const count = this.#samples.length;
    return new ResnetCocoError('BAD_DATASET', `none of the ${count} images can be read; the first: ${first}`);
  }

  #remember(index: number, { code, message }: Pick<ResnetCocoError, 'code' | 'message'>): void {
    if (this.#broken.has(index)) return;
    this.#broken.set(index, message);
    this.#options.onProblem?.(new ResnetCocoError(code, message));
  }
}
