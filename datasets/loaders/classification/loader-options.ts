import type { ResnetCocoError } from '../../../errors.ts';
import type { OptionKinds } from '../../../io/options.ts';
import type { Recipe } from './recipe.ts';

/** Settings of a `Loader`. */
export interface LoaderOptions {
  /** How pictures are prepared. Training recipes shuffle, evaluation recipes keep the order. */
  readonly recipe: Recipe;
  /** Images per batch. */
  readonly batch: number;
  /** Any safe integer; 0 by default. */
  readonly seed?: number;
  /** Leave out a last batch that is short; by default it is kept. */
  readonly dropLast?: boolean;
  /**
   * Number of threads; by default one per core, at most 4, and one if pictures need no decoding. It does not change the
   * batches.
   */
  readonly workers?: number;
  /** Batches made ahead, besides the consumer's current one; by default one more than there are threads. */
  readonly ahead?: number;
  /**
   * A folder that caches decoded pictures. Pictures are shrunk first, whether they come from the cache or not, so the
   * same seed gives the same batches either way. RandomResizedCrop then enlarges small parts of a picture more than
   * without a cache. No use for pictures that need no decoding.
   */
  readonly cache?: string;
  /**
   * Shorter sides are shrunk to this for the cache; smaller ones are unchanged. By default 8⁄7 of a training recipe's
   * size (256 for 224), and the resize size of an evaluation recipe, which leaves its batches unchanged.
   */
  readonly cacheSide?: number;
  /**
   * Called once for each image that cannot be read, and for a cache that cannot be written. Training replaces such an
   * image with the next one of the epoch's order; evaluation leaves it out.
   */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

export const loaderKinds: OptionKinds<LoaderOptions> = {
  recipe: 'checked',
  batch: 'checked',
  seed: 'checked',
  dropLast: 'boolean',
  workers: 'checked',
  ahead: 'checked',
  cache: 'text',
  cacheSide: 'checked',
  onProblem: 'function',
};

/** Settings of one epoch of a `Loader`. */
export interface EpochOptions {
  /** First batch to give; earlier ones are not made. 0 by default. */
  readonly from?: number;
  /** When aborted, the epoch ends and no further batch is given. */
  readonly signal?: AbortSignal | undefined;
}

export const epochKinds: OptionKinds<EpochOptions> = { from: 'checked', signal: 'signal' };
