import { balancedWeights, type EpochOrder, eachOnce, repeated, weighted } from '../epoch-order.ts';
import { seeded } from '../seeded.ts';

/** The images of a batch, by index. */
export interface PlannedBatch {
  readonly indices: Int32Array;
  /** Whose place in the epoch each image takes: its own, or that of a broken image it replaces. */
  readonly places: Int32Array;
}

export interface PlanOptions {
  /** Number of images in the data set. */
  readonly length: number;
  /** Images per batch. */
  readonly batch: number;
  /** Leave out a last batch that is short. */
  readonly dropLast: boolean;
  /**
   * With it, the order is shuffled and broken images are replaced; without it, images are in order and broken ones are
   * left out.
   */
  readonly shuffle?: {
    readonly seed: number;
    readonly epoch: number;
    /** How often each image comes in a row. */
    readonly repeats?: number | undefined;
    /** Class of each image, if each class is shown as often as the others. */
    readonly balance?: ArrayLike<number> | undefined;
  };
}

/** Plans which images make up an epoch's batches. */
export class EpochPlan {
  /** Number of batches. */
  readonly batches: number;
  readonly #options: PlanOptions;
  readonly #order: EpochOrder;

  constructor(options: PlanOptions) {
    const { length, batch, dropLast, shuffle } = options;
    this.#options = options;
    this.#order = shuffle ? orderOf(length, shuffle) : Int32Array.from({ length }, (_, i) => i);
    this.batches = batchesOf(length, batch, dropLast);
  }

  /**
   * The images of a batch. In a shuffled epoch, a broken image is replaced by the next good one in the epoch's order,
   * which then appears twice.
   *
   * @param broken by index
   * @returns undefined when no image is left as a replacement
   */
  batch(number: number, broken: { has(index: number): boolean }): PlannedBatch | undefined {
    const { length, batch, shuffle } = this.#options;
    const places = this.#order.subarray(number * batch, Math.min((number + 1) * batch, length));
    if (!shuffle) {
      const indices = places.filter((index) => !broken.has(index));
      return { indices, places: indices };
    }
    const indices = places.map((_, i) => this.#sound(number * batch + i, broken));
    return indices.includes(NONE) ? undefined : { indices, places };
  }

  /** The first good image at or after a position of the order. */
  #sound(position: number, broken: { has(index: number): boolean }): number {
    const order = this.#order;
    for (let i = 0; i < order.length; i++) {
      const index = order[(position + i) % order.length] % order.length;
      if (!broken.has(index)) return index;
    }
    return NONE;
  }
}

const NONE = -1;

function orderOf(
  length: number,
  { balance, epoch, repeats = 1, seed }: NonNullable<PlanOptions['shuffle']>,
): EpochOrder {
  const random = seeded(seed, 'order', epoch);
  if (balance) return weighted(balancedWeights(balance), random);
  return repeats > 1 ? repeated(length, repeats, random) : eachOnce(length, random);
}

/** Number of batches for `length` images. */
export const batchesOf = (length: number, batch: number, dropLast: boolean): number =>
  dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
