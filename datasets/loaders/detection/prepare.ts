import type { Random } from '../../../io/random.ts';
import { colorJitter } from '../../augment/color-jitter.ts';
import { type BoxedPicture, cropPicture, flipPicture, withArea } from '../../augment/objects.ts';
import { randomIouCrop } from '../../augment/random-iou-crop.ts';
import { jitteredScale } from '../../augment/scale-jitter.ts';
import { resizeBoxes } from '../../detection/boxes.ts';
import type { Levels } from '../../images/normalize.ts';
import { detectionInput, detectionSize } from '../../images/transform.ts';
import type { DetectionAugmentation, DetectionRecipe } from './recipe.ts';

/** A prepared training image. H, W: height and width; G: objects. */
export interface PreparedSample {
  readonly height: number;
  readonly width: number;
  /** [H, W, 3], normalized. */
  readonly data: Float32Array;
  /** [G, 4], in pixels of the prepared image. */
  readonly boxes: Float32Array;
  readonly labels: Int32Array;
}

function augment(picture: BoxedPicture, augmentation: DetectionAugmentation, random: Random): BoxedPicture {
  switch (augmentation.kind) {
    case 'random_horizontal_flip':
      return random.uniform() < (augmentation.p ?? 0.5) ? flipPicture(picture) : picture;
    case 'color_jitter':
      return { ...picture, image: colorJitter(picture.image, augmentation, random) };
    case 'random_iou_crop':
      return randomIouCrop(picture, augmentation, random);
  }
}

/**
 * Augments an image with its objects, then resizes and normalizes it as torchvision's `GeneralizedRCNNTransform` does.
 *
 * @param levels of the recipe's normalization
 */
export function prepareSample(
  original: BoxedPicture,
  recipe: DetectionRecipe,
  levels: Levels,
  random: Random,
): PreparedSample {
  const { augmentations = [], max_size, scale_jitter } = recipe;
  let picture = augmentations.reduce((varied, step) => augment(varied, step, random), original);
  const min_size = recipe.min_size[recipe.min_size.length > 1 ? random.integer(recipe.min_size.length) : 0];
  let factor = 1;
  if (scale_jitter) {
    const jittered = jitteredScale(picture.image, scale_jitter, random);
    if (jittered.region) picture = cropPicture(picture, jittered.region);
    factor = jittered.factor;
  }
  const { image, labels } = picture;
  const [height, width] = detectionSize(image, { min_size, max_size }).map((side) =>
    Math.max(1, Math.round(side * factor)),
  );
  const { data } = detectionInput(image, [height, width], levels);
  // A tiny box may have no area left after rounding.
  const objects = withArea({ boxes: resizeBoxes(picture.boxes.slice(), image, { height, width }), labels });
  return { height, width, data, ...objects };
}
