/** Messages between a `Loader` and its threads. */
import type { ErrorCode } from '../../../errors.ts';
import type { Cancelled } from '../../../io/threads/cancelled.ts';
import type { CachedPicture, CacheEntry } from './cache-segment.ts';
import type { CachedSize } from './cached-size.ts';
import type { PixelStore } from './pixel-store.ts';
import type { Recipe } from './recipe.ts';

/** What a thread gets at its start. */
export interface ThreadSettings {
  readonly recipe: Recipe;
  readonly seed: number;
  /** K, the data set's number of classes. */
  readonly classes: number;
  /** The data set's pictures, if they need no decoding. */
  readonly pixels: PixelStore | undefined;
  /** How pictures are shrunk for the cache; undefined without one. */
  readonly cachedSize: CachedSize | undefined;
}

/** A picture to decode: its path or bytes, and its place in the cache. */
export interface EncodedPicture {
  readonly source: string | Uint8Array;
  readonly cached: CacheEntry | undefined;
}

export interface BatchJob {
  readonly epoch: number;
  readonly number: number;
  readonly indices: Int32Array;
  /** The images whose random numbers the images of `indices` use. */
  readonly places: Int32Array;
  readonly labels: Int32Array;
  /** Undefined when the thread has the pixels. */
  readonly pictures: readonly EncodedPicture[] | undefined;
  readonly cancelled: Cancelled;
}

/** A decoded picture for the cache. */
export interface FreshPicture extends CachedPicture {
  readonly source: string;
  readonly pixels: Uint8Array;
}

/** A picture that cannot be read. */
export interface BrokenPicture {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A batch; undefined when it was cancelled or `broken` has entries. */
export interface BatchResult {
  readonly batch: { readonly image: Float32Array; readonly target: Float32Array } | undefined;
  readonly broken: readonly BrokenPicture[];
  readonly fresh: readonly FreshPicture[];
}
