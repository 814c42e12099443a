/** What a classifier is asked, and what it answers. */
import type { ImageSource } from '../datasets/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import type { Prediction } from './top-classes.ts';

/** Settings of `classify`. */
export interface ClassifyOptions {
  /** How many classes to return, most probable first, from 1 to 100,000. Default 5. */
  readonly top?: number;
}

/** Settings of `classifyAll`. */
export interface ClassifyAllOptions extends ClassifyOptions {
  /** Images computed at once. Default 1, which is fastest on a CPU. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** Settings of `logitsAll` and `embedAll`. */
export type LogitsOptions = Omit<ClassifyAllOptions, 'top'>;

/** The logits of one of many images, one for each class, or why the image could not be read. */
export type ScoredImage<S extends ImageSource = ImageSource> =
  | { readonly index: number; readonly source: S; readonly logits: Float32Array; readonly error?: never }
  | { readonly index: number; readonly source: S; readonly error: ResnetCocoError; readonly logits?: never };

/** The result of one image. `file` is its path, or words for one in memory. */
export type ClassifiedFile =
  | { readonly file: string; readonly predictions: readonly Prediction[] }
  | { readonly file: string; readonly error: ResnetCocoError };

/** A result of one of many images: `item` is the caller's image, `index` its position. */
export interface OfItem<S extends ImageSource> {
  readonly index: number;
  readonly item: S;
}

/** What the model says of one of many images, in `logitsAll`; `file` is its path, or words for one in memory. */
export type ScoredItem<S extends ImageSource = ImageSource> = ScoredImage<S> & OfItem<S> & { readonly file: string };

/** A result of `classifyAll`. */
export type ClassifiedItem<S extends ImageSource = ImageSource> = ClassifiedFile & OfItem<S>;

/** The embedding of one of many images, in `embedAll`, or why the image could not be read. */
export type EmbeddedItem<S extends ImageSource = ImageSource> = OfItem<S> & { readonly file: string } & (
    | { readonly embedding: Float32Array; readonly error?: never }
    | { readonly error: ResnetCocoError; readonly embedding?: never }
  );
