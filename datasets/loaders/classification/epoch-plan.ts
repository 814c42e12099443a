import { seeded } from '../seeded.ts';

/** The images of a batch, by index. */
export interface PlannedBatch {
  readonly indices: Int32Array;
  /** The images whose places they take: themselves, but where that image is broken. */
  readonly places: Int32Array;
}

export interface PlanOptions {
  /** Images of the data set. */
  readonly length: number;
  /** Images of a batch. */
  readonly batch: number;
  /** Leave out a last batch that would be short. */
  readonly dropLast: boolean;
  /** Shuffled, and broken images replaced by others; else in order, and broken ones left out. */
  readonly shuffle?: { readonly seed: number; readonly epoch: number };
}

/** Which images an epoch's batches are made of. */
export class EpochPlan {
  /** How many there are. */
  readonly batches: number;
  readonly #options: PlanOptions;
  readonly #order: Int32Array;

  constructor(options: PlanOptions) {
    const { length, batch, dropLast, shuffle } = options;
    this.#options = options;
    this.#order = shuffle
      ? seeded(shuffle.seed, 'order', shuffle.epoch).permutation(length)
      : Int32Array.from({ length }, (_, i) => i);
    this.batches = batchesOf(length, batch, dropLast);
  }

  /**
   * The images of a batch. When shuffled, one that is broken is replaced by the next in the epoch's order that is not,
   * which hence comes twice in the epoch.
   *
   * @param broken by index
   * @returns undefined where no image is left to replace one
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

  /** The first image that is not broken, from a position of the order on. */
  #sound(position: number, broken: { has(index: number): boolean }): number {
    const order = this.#order;
    for (let i = 0; i < order.length; i++) {
      const index = order[(position + i) % order.length];
      if (!broken.has(index)) return index;
    }
    return NONE;
  }
}

const NONE = -1;

/** How many batches so many images make. */
export const batchesOf = (length: number, batch: number, dropLast: boolean): number =>
  dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
