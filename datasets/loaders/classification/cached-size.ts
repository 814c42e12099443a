import type { Interpolation } from '../../images/resize/antialiased.ts';
import type { Recipe } from './recipe.ts';

/** How pictures are shrunk before they are stored. */
export interface CachedSize {
  /** A longer shorter side is shrunk to this. */
  readonly side: number;
  readonly interpolation?: Interpolation | undefined;
}

/**
 * The size of stored pictures that a recipe can be made of: for training with 1/7 to spare, for evaluation exactly the
 * recipe's. Undefined where shrinking would change what is evaluated: pictures that do not keep their shape.
 *
 * @param side the length of the shorter side, if the caller chose it
 */
export function cachedSizeOf(recipe: Recipe, side: number | undefined): CachedSize | undefined {
  if (recipe.kind === 'training') return { side: side ?? Math.round((recipe.size * 8) / 7) };
  const { crop_mode = 'center', crop_size, interpolation, resize_size } = recipe;
  return crop_mode === 'center' ? { side: side ?? resize_size ?? crop_size, interpolation } : undefined;
}
