import * as v from 'valibot';
import type { ChannelOrder, CropMode, CropRounding, Interpolation } from '../datasets/index.ts';
import type { MaybeQuantized } from '../engine/quantization/quantization-config.ts';
import { quantizationField } from '../engine/quantization/quantization-field.ts';
import { channelTriple, deviationTriple, positiveWithin, wholeWithin } from '../io/bounded-values.ts';
import { MOST } from '../io/bounds.ts';
import { parseConfig } from '../io/config.ts';
import { isArchitectureName, parseArchitecture, type Stem, SUCH_NAMES, usualStem } from './architecture.ts';
import { preparationFields } from './preparation-fields.ts';

/** The mean of each RGB channel over ImageNet, of values from 0 to 1: what torchvision's models expect. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406];
/** The standard deviation of each channel over ImageNet, of values from 0 to 1. */
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225];

const cropSize = wholeWithin(1, Math.sqrt(MOST.pixels));

const fields = v.strictObject({
  architecture: v.pipe(v.string(), v.check(isArchitectureName, `must be ${SUCH_NAMES}`)),
  stem: v.optional(v.picklist(['imagenet', 'cifar'])),
  shortcut: v.optional(v.picklist(['A', 'B', 'C', 'none'])),
  stride_on: v.optional(v.picklist(['3x3', '1x1']), '3x3'),
  num_classes: wholeWithin(1, MOST.classes),
  categories: v.optional(v.array(v.strictObject({ name: v.string(), wnid: v.optional(v.string()) }))),
  image_mean: v.optional(channelTriple, [...IMAGENET_MEAN]),
  image_std: v.optional(deviationTriple, [...IMAGENET_STD]),
  resize_size: v.optional(v.nullable(wholeWithin(1, MOST.side))),
  crop_size: v.optional(cropSize),
  crop_pct: v.optional(positiveWithin(1)),
  test_crop_size: v.optional(cropSize),
  test_crop_pct: v.optional(positiveWithin(1)),
  ...preparationFields,
  ...quantizationField,
  provenance: v.optional(v.record(v.string(), v.unknown())),
});

/** Defaults follow the paper's network of that name. */
const schema = v.pipe(
  fields,
  v.transform((config) => {
    const architecture = parseArchitecture(config.architecture);
    const stem = config.stem ?? usualStem(architecture);
    const cifar = stem === 'cifar';
    const shortcut = config.shortcut ?? (architecture.kind === 'plain' ? 'none' : cifar ? 'A' : 'B');
    const { crop_pct, crop_size = cifar ? 32 : 224 } = config;
    const { resize_size = crop_pct ? Math.floor(crop_size / crop_pct) : cifar ? null : 256 } = config;
    return { ...config, stem, shortcut, resize_size, crop_size };
  }),
);

/** How images are prepared, besides what every configuration has. */
export interface PreparationSettings {
  /** Pillow's filter; `bilinear` by default. */
  readonly interpolation?: Interpolation | undefined;
  /** How an image becomes a square; `center` by default, which resizes the shorter side and cuts the middle. */
  readonly crop_mode?: CropMode | undefined;
  /** Where a crop begins whose place is half a pixel; `half_even` by default. */
  readonly crop_rounding?: CropRounding | undefined;
  /** The order of the channels of the network's input; `rgb` by default. */
  readonly channel_order?: ChannelOrder | undefined;
}

/** Everything needed to rebuild a classifier: a model file's `config`. */
export interface ClassifierConfig extends PreparationSettings, MaybeQuantized {
  readonly architecture: string;
  readonly stem: Stem;
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  /** Which convolution of a bottleneck has the stride: torchvision's 3×3, or the paper's 1×1. */
  readonly stride_on: '3x3' | '1x1';
  readonly num_classes: number;
  readonly categories?: readonly { readonly name: string; readonly wnid?: string | undefined }[] | undefined;
  /** The mean of each channel, of values from 0 to 1, in the order of `channel_order`. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  /** The length of the shorter side after resizing; null means the side of the crop. */
  readonly resize_size: number | null;
  readonly crop_size: number;
  /** The crop's share of the resized side, from which the resized side of other crops follows. */
  readonly crop_pct?: number | undefined;
  /** The crop, and its share of the resized side, with which the authors evaluated the model, if it is another. */
  readonly test_crop_size?: number | undefined;
  readonly test_crop_pct?: number | undefined;
  readonly provenance?: Readonly<Record<string, unknown>> | undefined;
}

/** Those of a configuration that it has, such as of the model that a training begins from. */
export function preparationOf(config: PreparationSettings | undefined): PreparationSettings {
  const { channel_order, crop_mode, crop_rounding, interpolation } = config ?? {};
  return {
    ...(interpolation && { interpolation }),
    ...(crop_mode && { crop_mode }),
    ...(crop_rounding && { crop_rounding }),
    ...(channel_order && { channel_order }),
  };
}

/**
 * Checks a classifier's configuration and fills in defaults.
 *
 * @param source its file or model, for errors
 * @throws ResnetCocoError BAD_CONFIG that names the field
 */
export function parseClassifierConfig(value: unknown, source: string): ClassifierConfig {
  return parseConfig(schema, value, source, (config) => {
    const { architecture, categories, num_classes, shortcut } = config;
    const { depth, kind } = parseArchitecture(architecture);
    if (kind === 'plain' && shortcut !== 'none') return `shortcut: ${architecture} has none, but it says ${shortcut}`;
    if (kind === 'resnet' && shortcut === 'none') {
      return `shortcut: a ${architecture} has shortcuts; the paper's resnets without them are named plain${depth}`;
    }
    if (categories && categories.length !== num_classes) {
      return `categories has ${categories.length} entries, but num_classes is ${num_classes}`;
    }
    const { crop_pct, crop_size, resize_size } = config;
    const resized = crop_pct === undefined ? resize_size : Math.floor(crop_size / crop_pct);
    if (resized !== null && resized > MOST.side) {
      return `crop_pct: ${crop_pct} makes resize_size ${resized}, more than ${MOST.side}`;
    }
    if (resized !== resize_size) {
      return `resize_size: is ${resize_size}, but crop_size ${crop_size} and crop_pct ${crop_pct} make it ${resized}; give one of both`;
    }
    return undefined;
  });
}
