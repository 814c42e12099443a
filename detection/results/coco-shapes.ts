import type { CompressedRle } from '../../datasets/masks/rle-string.ts';
import type { DetectedMask } from './detected-mask.ts';

/** What an object has beside its box. */
interface Shapes {
  readonly mask?: DetectedMask;
  readonly keypoints?: readonly (readonly number[])[];
}

/** A mask and joints as COCO's files have them: `segmentation`, and `keypoints` in one list. Runs in browsers too. */
export const cocoShapes = ({
  keypoints,
  mask,
}: Shapes): { readonly segmentation?: CompressedRle; readonly keypoints?: readonly number[] } => ({
  ...(mask && { segmentation: mask.toJSON() }),
  ...(keypoints && { keypoints: keypoints.flat() }),
});
