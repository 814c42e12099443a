import type { ResnetCocoError } from '../../../errors.ts';
import type { BoxedObjects } from '../../augment/objects.ts';
import type { DetectionRecipe } from './recipe.ts';

/** A picture to learn from. */
export interface DetectionSample extends BoxedObjects {
  /** Its path. */
  readonly file: string;
  /** As the annotations have them; a file of another size is a problem. */
  readonly width: number;
  readonly height: number;
}

/** Settings of a `DetectionLoader`. */
export interface DetectionLoaderOptions {
  readonly recipe: DetectionRecipe;
  /** Images of a batch. */
  readonly batch: number;
  /** Any safe integer; 0 by default. */
  readonly seed?: number;
  /**
   * Batches are of images of like shape, so that little is padded: 0 tells wide from tall ones, k tells 2k + 2 shapes
   * apart, -1 none. torchvision's `--aspect-ratio-group-factor`; 3 by default.
   */
  readonly aspect_ratio_group_factor?: number;
  /** Threads; by default one for each core, at most 4. What they give does not depend on their number. */
  readonly workers?: number;
  /** Batches made in advance; by default 2. */
  readonly ahead?: number;
  /** Told once of each image that cannot be read or is of another size than annotated; another one takes its place. */
  readonly onProblem?: (error: ResnetCocoError) => void;
}
