import * as v from 'valibot';
import { ResnetCocoError, shortened } from '../../../errors.ts';
import { numberWithin, wholeWithin } from '../../../io/bounded-values.ts';
import { MOST } from '../../../io/bounds.ts';
import { problemOf } from '../../../io/config.ts';
import { resizeArithmetics, resizeLibraries } from '../../images/transform.ts';
import { colorJitterSchema, flipSchema, normalization, range } from '../classification/recipe-schema.ts';
import type { DetectionRecipe } from './recipe.ts';

const crop = v.strictObject({
  kind: v.literal('random_iou_crop'),
  scale: v.optional(
    v.pipe(
      range,
      v.check(([, high]) => high <= 1, 'must not exceed 1, the whole side'),
    ),
  ),
  ratio: v.optional(range),
});

const side = wholeWithin(1, MOST.side);
const MOST_SCALE = 8;
const scales = v.pipe(
  range,
  v.check(([, high]) => high <= MOST_SCALE, `must be at most ${MOST_SCALE}`),
);

const schema = v.strictObject({
  augmentations: v.optional(v.array(v.variant('kind', [flipSchema, colorJitterSchema, crop]))),
  min_size: v.pipe(v.array(side), v.minLength(1, 'must have a size'), v.maxLength(1000, 'must be at most 1000')),
  max_size: side,
  resize_arithmetic: v.optional(v.picklist(resizeArithmetics)),
  resize_by: v.optional(v.picklist(resizeLibraries)),
  scale_jitter: v.optional(v.strictObject({ scale_range: v.optional(scales) })),
  mosaic: v.optional(v.strictObject({ p: v.optional(numberWithin(0, 1)) })),
  copy_paste: v.optional(v.strictObject({ p: v.optional(numberWithin(0, 1)) })),
  keypoint_hflip_indices: v.optional(
    v.pipe(
      v.array(wholeWithin(0, MOST.keypoints - 1)),
      v.maxLength(MOST.keypoints, `must be at most ${MOST.keypoints}`),
      v.check(
        (indices) => indices.every((index, keypoint) => indices[index] === keypoint),
        'must exchange keypoints in pairs, or leave them: if 1 becomes 2, 2 becomes 1',
      ),
    ),
  ),
  ...normalization,
});

/**
 * Checks a recipe, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG when a field is wrong; names the field and its value
 */
export function checkDetectionRecipe(value: unknown): DetectionRecipe {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'all of it';
    throw new ResnetCocoError(
      'BAD_CONFIG',
      `recipe: ${field} is ${shortened(`${JSON.stringify(issue.input)}`)}: ${problemOf(issue)}`,
    );
  }
  const { max_size, min_size } = parsed.output;
  const most = Math.max(...min_size);
  if (most <= max_size) return parsed.output;
  throw new ResnetCocoError('BAD_CONFIG', `recipe: max_size ${max_size} is less than min_size ${most}`);
}
