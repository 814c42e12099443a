import type { OptionKinds } from '../io/options.ts';
import { type FilterOptions, filterKinds } from './filters.ts';
import { type SlicingOptions, slicingKinds } from './slicing/slicing-options.ts';

/** Settings of `detectLoaded`. */
export interface LoadedDetectOptions extends FilterOptions {
  /**
   * Only objects above this score are given, from 0 to 1; .5 by default, `SHOWN_SCORE`, as on the command line. All
   * that a model gives, as evaluation needs it, is above its own threshold: `detector.scoreThresh`, mostly .05.
   */
  readonly score?: number;
}

export const loadedKinds: OptionKinds<LoadedDetectOptions> = { score: 'checked', ...filterKinds };

/** Settings of `detect`. */
export interface DetectOptions extends LoadedDetectOptions {
  /**
   * Looks at each image in three sizes and mirrored, and leaves out what a better box overlaps: about six times as
   * slow. Default false.
   */
  readonly augment?: boolean;
}

export const detectKinds: OptionKinds<DetectOptions> = { ...loadedKinds, augment: 'boolean' };

/** Settings of `detectAll`. */
export interface DetectAllOptions extends DetectOptions {
  /** Images computed at once, padded to one size. Default 1, which is fastest on a CPU. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Whether to hand the decoded images on, for drawing; those looked at in tiles are not. */
  readonly keepImage?: boolean;
  /** Looks at each image in tiles, as `detectSliced` does. */
  readonly slicing?: SlicingOptions;
  /** Told of each tile of an image that is done, and of how many there are. */
  readonly onTile?: (done: number, total: number) => void;
}

export const detectAllKinds: OptionKinds<DetectAllOptions> = {
  ...detectKinds,
  batch: 'checked',
  signal: 'signal',
  keepImage: 'boolean',
  slicing: 'object',
  onTile: 'function',
};

/** Settings of `detectSliced`. */
export interface DetectSlicedOptions extends LoadedDetectOptions, SlicingOptions {
  /** Tiles computed at once. Default 1, which is fastest on a CPU. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Told of each tile of an image that is done, and of how many there are. */
  readonly onTile?: (done: number, total: number) => void;
}

export const detectSlicedKinds: OptionKinds<DetectSlicedOptions> = {
  ...loadedKinds,
  ...slicingKinds,
  batch: 'checked',
  signal: 'signal',
  onTile: 'function',
};
