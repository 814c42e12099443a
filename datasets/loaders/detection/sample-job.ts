/** Messages between a `DetectionLoader` and its threads. */
import type { ErrorCode } from '../../../errors.ts';
import type { Cancelled } from '../../../io/threads/cancelled.ts';
import type { DetectionSample } from './loader-options.ts';
import type { PreparedSample } from './prepare.ts';
import type { DetectionRecipe } from './recipe.ts';

/** What a thread gets at its start. */
export interface SampleSettings {
  readonly recipe: DetectionRecipe;
  readonly seed: number;
}

export interface SampleJob {
  readonly sample: DetectionSample;
  /** Images that a mosaic or pasted objects may be made of. */
  readonly others: readonly DetectionSample[];
  readonly epoch: number;
  /** The image whose random numbers it uses. */
  readonly place: number;
  readonly cancelled: Cancelled;
}

/** Undefined when it was cancelled. */
export type SampleResult =
  | { readonly sample: PreparedSample }
  | { readonly problem: { readonly code: ErrorCode; readonly message: string } }
  | undefined;
