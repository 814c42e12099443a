import { ResnetCocoError } from '../../../errors.ts';
import type { DetectionSample } from './loader-options.ts';
import type { DetectionRecipe } from './recipe.ts';

/**
 * Checks that the recipe can mirror the keypoints of the samples.
 *
 * @throws ResnetCocoError BAD_CONFIG when it does not say which ones to exchange
 * @throws ResnetCocoError BAD_DATASET when an object has another number of keypoints
 */
export function checkKeypoints(
  samples: readonly DetectionSample[],
  { augmentations = [], keypoint_hflip_indices: indices }: DetectionRecipe,
): void {
  const isMirrored = augmentations.some(({ kind }) => kind === 'random_horizontal_flip');
  for (const { file, keypoints } of samples) {
    if (!keypoints) continue;
    if (!indices && isMirrored) {
      const remedy = "take `keypointLayout(dataset).hflip_indices`, or leave out 'random_horizontal_flip'";
      throw new ResnetCocoError(
        'BAD_CONFIG',
        `recipe: keypoint_hflip_indices is missing, but images with keypoints are mirrored; ${remedy}`,
      );
    }
    const object = keypoints.findIndex((points) => points && indices && points.length !== indices.length * 3);
    if (object < 0) continue;
    const found = `keypoints of object ${object} are ${keypoints[object]!.length} numbers`;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${file}: ${found}; the recipe has ${indices!.length} keypoints, each of x, y and v`,
    );
  }
}
