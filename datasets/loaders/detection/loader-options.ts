import type { ResnetCocoError } from '../../../errors.ts';
import type { OptionKinds } from '../../../io/options.ts';
import type { BoxedObjects } from '../../augment/objects.ts';
import type { DetectionRecipe } from './recipe.ts';

/** An image to train on. */
export interface DetectionSample extends BoxedObjects {
  /** Its path. */
  readonly file: string;
  /** As annotated; a file of another size is a problem. */
  readonly width: number;
  readonly height: number;
}

/** Settings of a `DetectionLoader`. */
export interface DetectionLoaderOptions {
  readonly recipe: DetectionRecipe;
  /** Images per batch. */
  readonly batch: number;
  /** Any safe integer; 0 by default. */
  readonly seed?: number;
  /**
   * Batches hold images of similar shape, so that little is padded: 0 separates wide from tall images, k gives 2k + 2
   * groups, -1 one group. torchvision's `--aspect-ratio-group-factor`; 3 by default.
   */
  readonly aspect_ratio_group_factor?: number;
  /**
   * Repeats images with categories that are on less than this share of the images (LVIS's repeat factor sampling); by
   * default each image comes once an epoch.
   */
  readonly repeat_threshold?: number | undefined;
  /** Number of threads; by default one per core, at most 4. It does not change the batches. */
  readonly workers?: number;
  /** Batches made ahead; 2 by default. */
  readonly ahead?: number;
  /** Called once for each image that cannot be read or whose size differs from the annotation; it is replaced. */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

export const detectionLoaderKinds: OptionKinds<DetectionLoaderOptions> = {
  recipe: 'checked',
  batch: 'checked',
  seed: 'number',
  aspect_ratio_group_factor: 'number',
  repeat_threshold: 'number',
  workers: 'checked',
  ahead: 'number',
  onProblem: 'function',
};
