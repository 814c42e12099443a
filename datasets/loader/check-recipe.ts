import * as v from 'valibot';
import { ResnetCocoError } from '../../errors.ts';
import type { Recipe } from './recipe.ts';

const finite = v.pipe(v.number('must be a number'), v.finite('must be finite'));
const within = (low: number, high: number) =>
  v.pipe(
    finite,
    v.check((value) => value >= low && value <= high, `must be ${low} to ${high}`),
  );
export const whole = (low: number) =>
  v.pipe(
    finite,
    v.check((value) => Number.isInteger(value) && value >= low, `must be a whole number from ${low} on`),
  );
const notNegative = v.pipe(
  finite,
  v.check((value) => value >= 0, 'must not be negative'),
);
const triple = v.pipe(v.array(finite, 'must be three numbers'), v.length(3, 'must be three numbers'));
/** Above 0, in order. */
export const range = v.pipe(
  v.array(finite, 'must be two numbers'),
  v.check(
    ([low, high, ...more]) => !more.length && low > 0 && low <= high,
    'must be two numbers above 0, the lower first',
  ),
);
const areaShare = v.pipe(
  range,
  v.check(([, high]) => high <= 1, 'must not exceed 1, the whole picture'),
);
const deviations = v.pipe(
  triple,
  v.check((values) => values.every((value) => value > 0), 'must be above 0'),
);
export const normalization = { image_mean: triple, image_std: deviations };

export const flipSchema = v.strictObject({
  kind: v.literal('random_horizontal_flip'),
  p: v.optional(within(0, 1)),
});
export const colorJitterSchema = v.strictObject({
  kind: v.literal('color_jitter'),
  brightness: v.optional(notNegative),
  contrast: v.optional(notNegative),
  saturation: v.optional(notNegative),
  hue: v.optional(within(0, 0.5)),
});

const augmentation = v.variant('kind', [
  v.strictObject({ kind: v.literal('pad_and_crop'), padding: v.optional(whole(0)) }),
  flipSchema,
  v.strictObject({
    kind: v.literal('random_resized_crop'),
    scale: v.optional(areaShare),
    ratio: v.optional(range),
  }),
  colorJitterSchema,
  v.pipe(
    v.strictObject({
      kind: v.literal('rand_augment'),
      num_ops: v.optional(whole(0)),
      magnitude: v.optional(whole(0)),
      num_magnitude_bins: v.optional(whole(1)),
      interpolation: v.optional(v.picklist(['nearest', 'bilinear'])),
    }),
    v.check(
      ({ magnitude = 9, num_magnitude_bins = 31 }) => magnitude < num_magnitude_bins,
      'magnitude must be below num_magnitude_bins',
    ),
  ),
]);

const recipe = v.variant('kind', [
  v.strictObject({
    kind: v.literal('training'),
    size: whole(1),
    augmentations: v.optional(v.array(augmentation)),
    ...normalization,
    random_erasing: v.optional(
      v.strictObject({ p: v.optional(within(0, 1)), scale: v.optional(areaShare), ratio: v.optional(range) }),
    ),
    mixup_alpha: v.optional(notNegative),
    cutmix_alpha: v.optional(notNegative),
    label_smoothing: v.optional(within(0, 1)),
  }),
  v.strictObject({
    kind: v.literal('classification'),
    resize_size: v.nullable(whole(1)),
    crop_size: whole(1),
    ...normalization,
  }),
]);

/**
 * Checks what may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG, naming the field and its value
 */
export function checkRecipe(value: unknown): Recipe {
  const parsed = v.safeParse(recipe, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  const shown =
    field && issue.input !== undefined ? `${field} is ${JSON.stringify(issue.input)}: ` : field ? `${field}: ` : '';
  throw new ResnetCocoError('BAD_CONFIG', `recipe: ${shown}${issue.message}`);
}
