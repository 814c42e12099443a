import { ResnetCocoError } from '../../../errors.ts';
import type { Random } from '../../../io/random.ts';
import { colorJitter } from '../../augment/color-jitter.ts';
import { resizeKeypoints } from '../../augment/keypoints.ts';
import { type BoxedPicture, cropPicture, flipPicture, withArea } from '../../augment/objects.ts';
import { randomIouCrop } from '../../augment/random-iou-crop.ts';
import { jitteredScale } from '../../augment/scale-jitter.ts';
import type { View } from '../../augment/view.ts';
import { resizeBoxes } from '../../detection/boxes.ts';
import type { CocoSegmentation } from '../../detection/coco/coco-format.ts';
import type { ImageSize } from '../../images/image-size.ts';
import type { Levels } from '../../images/normalize.ts';
import { detectionInput, detectionSize } from '../../images/transform.ts';
import { type ObjectMask, objectMask } from '../../masks/object-mask.ts';
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
  /** [G], where masks are learned; undefined for an object without one. */
  readonly masks?: readonly (ObjectMask | undefined)[];
  /**
   * [G], where keypoints are learned: [K, 3], x, y in pixels of the prepared image, v. undefined for an object without
   * keypoints.
   */
  readonly keypoints?: readonly (Float32Array | undefined)[];
}

function augment(
  picture: BoxedPicture,
  augmentation: DetectionAugmentation,
  { keypoint_hflip_indices }: DetectionRecipe,
  random: Random,
): BoxedPicture {
  switch (augmentation.kind) {
    case 'random_horizontal_flip':
      return random.uniform() < (augmentation.p ?? 0.5) ? flipPicture(picture, keypoint_hflip_indices) : picture;
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
 * @param source the image, for errors
 * @throws ResnetCocoError BAD_DATASET when a segmentation cannot be drawn
 */
export function prepareSample(
  original: BoxedPicture,
  recipe: DetectionRecipe,
  levels: Levels,
  random: Random,
  source = 'the image',
): PreparedSample {
  const { augmentations = [], max_size, resize_arithmetic, resize_by, scale_jitter } = recipe;
  let picture = augmentations.reduce((varied, step) => augment(varied, step, recipe, random), original);
  const min_size = recipe.min_size[recipe.min_size.length > 1 ? random.integer(recipe.min_size.length) : 0];
  let factor = 1;
  if (scale_jitter) {
    const jittered = jitteredScale(picture.image, scale_jitter, random);
    if (jittered.region) picture = cropPicture(picture, jittered.region);
    factor = jittered.factor;
  }
  const { image, view } = picture;
  const [height, width] = detectionSize(image, { min_size, max_size, resize_arithmetic, resize_by }).map((side) =>
    Math.max(1, Math.round(side * factor)),
  );
  const { data } = detectionInput(image, [height, width], levels, resize_by);
  // A tiny box may have no area left after rounding.
  const size = { height, width };
  const { boxes, keypoints, labels, segmentations } = withArea({
    ...picture,
    boxes: resizeBoxes(picture.boxes.slice(), image, size),
  });
  return {
    ...size,
    data,
    boxes,
    labels,
    ...(segmentations && { masks: segmentations.map((own) => own && drawn(own, view, size, source)) }),
    ...(keypoints && { keypoints: keypoints.map((points) => points && resizeKeypoints(points, image, size)) }),
  };
}

function drawn(segmentation: CocoSegmentation, view: View, size: ImageSize, source: string): ObjectMask {
  try {
    return objectMask(segmentation, view, size);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ResnetCocoError('BAD_DATASET', `${source}: a segmentation cannot be drawn: ${reason}`, { cause: error });
  }
}
