/** What a `Loader` and its threads tell each other. */
import type { ErrorCode } from '../../../errors.ts';
import type { Cancelled } from '../../../io/threads/cancelled.ts';
import type { CachedPicture, CacheEntry } from './cache-segment.ts';
import type { PixelStore } from './pixel-store.ts';
import type { Recipe } from './recipe.ts';

/** What a thread knows from its start. */
export interface ThreadSettings {
  readonly recipe: Recipe;
  readonly seed: number;
  /** Of the data set: K. */
  readonly classes: number;
  /** Its pictures, if they need no decoding. */
  readonly pixels: PixelStore | undefined;
  /** To which the shorter sides of pictures are shrunk; undefined without a cache. */
  readonly cacheSide: number | undefined;
}

/** A picture to be decoded: its path or bytes, and where the cache may have it. */
export interface EncodedPicture {
  readonly source: string | Uint8Array;
  readonly cached: CacheEntry | undefined;
}

export interface BatchJob {
  readonly epoch: number;
  readonly number: number;
  readonly indices: Int32Array;
  /** The images whose random numbers those of `indices` get. */
  readonly places: Int32Array;
  readonly labels: Int32Array;
  /** Undefined where the thread has the pixels. */
  readonly pictures: readonly EncodedPicture[] | undefined;
  readonly cancelled: Cancelled;
}

/** A picture that was decoded and should be cached. */
export interface FreshPicture extends CachedPicture {
  readonly source: string;
  readonly pixels: Uint8Array;
}

/** A picture that could not be read. */
export interface BrokenPicture {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A batch; undefined where it was cancelled or `broken` has any. */
export interface BatchResult {
  readonly batch: { readonly image: Float32Array; readonly target: Float32Array } | undefined;
  readonly broken: readonly BrokenPicture[];
  readonly fresh: readonly FreshPicture[];
}
