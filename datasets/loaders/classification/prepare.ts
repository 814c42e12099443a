import { ResnetCocoError } from '../../../errors.ts';
import type { Random } from '../../../io/random.ts';
import { colorJitter } from '../../augment/color-jitter.ts';
import { flipHorizontally } from '../../augment/horizontal-flip.ts';
import { padAndCrop } from '../../augment/pad-and-crop.ts';
import { randAugment } from '../../augment/rand-augment.ts';
import { erase, erasedRegion } from '../../augment/random-erasing.ts';
import { randomResizedCrop } from '../../augment/random-resized-crop.ts';
import { trivialAugment } from '../../augment/trivial-augment.ts';
import type { Image } from '../../images/image.ts';
import { type Levels, normalizeInto } from '../../images/normalize.ts';
import { resizeAndCrop } from '../../images/resize-and-crop.ts';
import type { Augmentation, Recipe } from './recipe.ts';

function augment(image: Image, augmentation: Augmentation, size: number, random: Random): Image {
  switch (augmentation.kind) {
    case 'pad_and_crop':
      return padAndCrop(image, augmentation, size, random);
    case 'random_horizontal_flip':
      return random.uniform() < (augmentation.p ?? 0.5) ? flipHorizontally(image) : image;
    case 'random_resized_crop':
      return randomResizedCrop(image, augmentation, size, random);
    case 'color_jitter':
      return colorJitter(image, augmentation, random);
    case 'rand_augment':
      return randAugment(image, augmentation, random);
    case 'trivial_augment':
      return trivialAugment(image, augmentation, random);
  }
}

/**
 * Augments, normalizes and erases a picture as the recipe says, and writes it into a batch.
 *
 * @param levels of the recipe's normalization
 * @param out a batch, [N, H, W, 3]
 * @param at index of the picture's first element
 * @throws ResnetCocoError BAD_CONFIG when the recipe does not give a picture of its size
 */
export function prepare(
  image: Image,
  recipe: Recipe,
  levels: Levels,
  random: Random,
  out: Float32Array,
  at: number,
): void {
  if (recipe.kind === 'classification') {
    normalizeInto(resizeAndCrop(image, recipe), levels, out, at);
    return;
  }
  const { size, augmentations = [], random_erasing } = recipe;
  const { width, height, data } = augmentations.reduce((picture, step) => augment(picture, step, size, random), image);
  if (width !== size || height !== size) {
    const problem = `recipe: a picture of ${width}×${height} is left where size is ${size}`;
    throw new ResnetCocoError('BAD_CONFIG', `${problem}; add pad_and_crop or random_resized_crop to augmentations`);
  }
  normalizeInto({ width, height, data }, levels, out, at);
  const region = random_erasing && erasedRegion(width, height, random_erasing, random);
  if (region) erase(out.subarray(at, at + width * height * 3), width, region);
}
