import * as v from 'valibot';
import { numberWithin, wholeWithin } from '../../../io/bounded-values.ts';
import { LEAST_DEVIATION, MOST } from '../../../io/bounds.ts';
import { channelOrders } from '../../images/normalize.ts';
import { interpolations } from '../../images/resize/antialiased.ts';
import { cropModes, cropRoundings } from '../../images/resize-and-crop.ts';

const finite = v.pipe(v.number('must be a number'), v.finite('must be finite'));
const jitter = numberWithin(0, 100);
/** Of a Beta distribution. */
const alpha = numberWithin(0, 1000);
const triple = (number: v.GenericSchema<number, number>) =>
  v.pipe(v.array(number, 'must be three numbers'), v.length(3, 'must be three numbers'));
const MOST_SIZE = Math.sqrt(MOST.pixels);
const MOST_PADDING = 1024;
const MOST_OPERATIONS = 100;
const MOST_BINS = 1000;
const MOST_RATIO = 1000;
const MOST_REPEATS = 100;
/** Above 0, in order. */
export const range = v.pipe(
  v.array(finite, 'must be two numbers'),
  v.check(
    ([low, high, ...more]) => !more.length && low > 0 && low <= high && high <= MOST_RATIO,
    `must be two numbers above 0 and at most ${MOST_RATIO}, the lower first`,
  ),
);
const areaShare = v.pipe(
  range,
  v.check(([, high]) => high <= 1, 'must not exceed 1, the whole picture'),
);
export const normalization = {
  image_mean: triple(numberWithin(-1000, 1000)),
  image_std: triple(numberWithin(LEAST_DEVIATION, 1000)),
  channel_order: v.optional(v.picklist(channelOrders)),
};

export const flipSchema = v.strictObject({
  kind: v.literal('random_horizontal_flip'),
  p: v.optional(numberWithin(0, 1)),
});
export const colorJitterSchema = v.strictObject({
  kind: v.literal('color_jitter'),
  brightness: v.optional(jitter),
  contrast: v.optional(jitter),
  saturation: v.optional(jitter),
  hue: v.optional(numberWithin(0, 0.5)),
});

const augmentation = v.variant('kind', [
  v.strictObject({ kind: v.literal('pad_and_crop'), padding: v.optional(wholeWithin(0, MOST_PADDING)) }),
  flipSchema,
  v.strictObject({
    kind: v.literal('random_resized_crop'),
    scale: v.optional(areaShare),
    ratio: v.optional(range),
    interpolation: v.optional(v.picklist(interpolations)),
  }),
  colorJitterSchema,
  v.pipe(
    v.strictObject({
      kind: v.literal('rand_augment'),
      num_ops: v.optional(wholeWithin(0, MOST_OPERATIONS)),
      magnitude: v.optional(wholeWithin(0, MOST_BINS)),
      num_magnitude_bins: v.optional(wholeWithin(1, MOST_BINS)),
      interpolation: v.optional(v.picklist(['nearest', 'bilinear'])),
    }),
    v.check(
      ({ magnitude = 9, num_magnitude_bins = 31 }) => magnitude < num_magnitude_bins,
      'magnitude must be below num_magnitude_bins',
    ),
  ),
  v.strictObject({
    kind: v.literal('trivial_augment'),
    num_magnitude_bins: v.optional(wholeWithin(1, MOST_BINS)),
    interpolation: v.optional(v.picklist(['nearest', 'bilinear'])),
  }),
]);

export const recipeSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('training'),
    size: wholeWithin(1, MOST_SIZE),
    augmentations: v.optional(v.pipe(v.array(augmentation), v.maxLength(100, 'must be at most 100'))),
    ...normalization,
    random_erasing: v.optional(
      v.strictObject({ p: v.optional(numberWithin(0, 1)), scale: v.optional(areaShare), ratio: v.optional(range) }),
    ),
    mixup_alpha: v.optional(alpha),
    cutmix_alpha: v.optional(alpha),
    repeats: v.optional(wholeWithin(1, MOST_REPEATS)),
    balance: v.optional(v.boolean()),
    label_smoothing: v.optional(numberWithin(0, 1)),
  }),
  v.strictObject({
    kind: v.literal('classification'),
    resize_size: v.nullable(wholeWithin(1, MOST.side)),
    crop_size: wholeWithin(1, MOST_SIZE),
    interpolation: v.optional(v.picklist(interpolations)),
    crop_mode: v.optional(v.picklist(cropModes)),
    crop_rounding: v.optional(v.picklist(cropRoundings)),
    ...normalization,
  }),
]);
