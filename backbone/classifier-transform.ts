// Runs in browsers, too.
import type { ClassificationTransform, Crops } from '../datasets/images/transform.ts';
import { ResnetCocoError } from '../errors.ts';
import type { ClassifierConfig } from './classifier-config.ts';

/** How images are looked at, where it is not as the configuration says. */
export interface ViewOptions {
  /**
   * The side of the crop in pixels, or `test` for the one that the model's authors evaluated with. Images are resized in
   * proportion. Default: the configuration's `crop_size`.
   */
  readonly size?: number | 'test' | undefined;
  /**
   * 10 for the mean of the probabilities of ten crops: corners and center, and their mirror images (Krizhevsky et al.
   * 2012, He et al. 2015 §4.1). Default 1, the center.
   */
  readonly crops?: Crops | undefined;
}

/** What a configuration says of how images are prepared. */
export type Preparation = Pick<
  ClassifierConfig,
  | ('image_mean' | 'image_std' | 'channel_order' | 'interpolation' | 'resize_size' | 'crop_size' | 'crop_pct')
  | ('crop_mode' | 'crop_rounding' | 'test_crop_size' | 'test_crop_pct')
>;

/**
 * How a classifier's images are prepared.
 *
 * @throws ResnetCocoError USAGE for a test size that the configuration does not have
 */
export function classifierTransform(config: Preparation, { crops, size }: ViewOptions = {}): ClassificationTransform {
  const { channel_order, crop_mode, crop_rounding, image_mean, image_std, interpolation } = config;
  return {
    kind: 'classification',
    ...sizesOf(config, size),
    image_mean,
    image_std,
    channel_order,
    interpolation,
    crop_mode,
    crop_rounding,
    ...(crops === 10 ? { crops } : {}),
  };
}

/** The sides of an image before and after the crop. */
function sizesOf(
  config: Preparation,
  size: ViewOptions['size'],
): Pick<ClassificationTransform, 'crop_size' | 'resize_size'> {
  const { crop_pct, crop_size, resize_size, test_crop_pct, test_crop_size } = config;
  if (size === undefined) return { crop_size, resize_size };
  if (size === 'test' && test_crop_size === undefined && test_crop_pct === undefined) {
    throw new ResnetCocoError(
      'USAGE',
      "size is 'test', but the model says no size of its test; give the side in pixels",
    );
  }
  const side = size === 'test' ? (test_crop_size ?? crop_size) : size;
  const isTest = size === 'test' || side === test_crop_size;
  const share = isTest ? (test_crop_pct ?? crop_pct) : crop_pct;
  if (share !== undefined) return { crop_size: side, resize_size: Math.floor(side / share) };
  return { crop_size: side, resize_size: resize_size === null ? null : Math.round((side * resize_size) / crop_size) };
}
