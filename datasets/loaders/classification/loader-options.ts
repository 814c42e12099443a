import type { ResnetCocoError } from '../../../errors.ts';
import type { Recipe } from './recipe.ts';

/** Settings of a `Loader`. */
export interface LoaderOptions {
  /** What becomes of the pictures. For training they come shuffled, for evaluation in order. */
  readonly recipe: Recipe;
  /** Images of a batch. */
  readonly batch: number;
  /** Any safe integer; 0 by default. */
  readonly seed?: number;
  /** Leave out a last batch that would be short; by default it is given. */
  readonly dropLast?: boolean;
  /**
   * Threads; by default one for each core, at most 4, and a single one where pictures need no decoding. What they give
   * does not depend on their number.
   */
  readonly workers?: number;
  /** Batches made in advance, besides the one in the consumer's hands; by default one more than there are threads. */
  readonly ahead?: number;
  /**
   * A folder for decoded pictures, which are read from there whenever they come up again. They are shrunk before they
   * are cached and before all else, whether they come from the cache or not, so that the same seed gives the same
   * batches either way. RandomResizedCrop then enlarges small parts of the picture more than it would without a cache.
   * Of no use for pictures that need no decoding.
   */
  readonly cache?: string;
  /**
   * To which shorter sides are shrunk for the cache; shorter ones stay. By default 8⁄7 of a training recipe's size (256
   * for 224), and what an evaluation recipe resizes to, which changes nothing about its batches.
   */
  readonly cacheSide?: number;
  /**
   * Told once of each image that cannot be read, and of a cache that cannot be written. Such an image is replaced in
   * training by the next one of the epoch's order, and left out in evaluation.
   */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

/** Settings of one epoch of a `Loader`. */
export interface EpochOptions {
  /** Number of the first batch to give; those before are not made. 0 by default. */
  readonly from?: number;
  /** Once aborted, no further batch is given: the epoch ends. */
  readonly signal?: AbortSignal | undefined;
}
