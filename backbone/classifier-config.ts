import * as v from 'valibot';
import { parseConfig } from './config.ts';

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
export const channelTriple = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.length(3));
export const positiveTriple = v.pipe(v.array(v.pipe(v.number(), v.gtValue(0))), v.length(3));

/** Means and deviations of ImageNet's pixels, 0–1 RGB: what torchvision's models expect. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406];
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225];

const schema = v.strictObject({
  architecture: v.pipe(v.string(), v.regex(/^resnet\d+$/, 'must be a name such as resnet50')),
  stem: v.optional(v.picklist(['imagenet', 'cifar']), 'imagenet'),
  shortcut: v.optional(v.picklist(['A', 'B', 'C']), 'B'),
  stride_on: v.optional(v.picklist(['3x3', '1x1']), '3x3'),
  num_classes: positive,
  categories: v.optional(v.array(v.strictObject({ name: v.string(), wnid: v.optional(v.string()) }))),
  image_mean: v.optional(channelTriple, [...IMAGENET_MEAN]),
  image_std: v.optional(positiveTriple, [...IMAGENET_STD]),
  resize_size: v.optional(v.nullable(positive), 256),
  crop_size: v.optional(positive, 224),
  provenance: v.optional(v.record(v.string(), v.unknown())),
});

/** Everything that rebuilds a classifier, as a model file's `config` holds it. */
export type ClassifierConfig = Readonly<v.InferOutput<typeof schema>>;

/**
 * Checks a classifier's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseClassifierConfig(value: unknown, source: string): ClassifierConfig {
  return parseConfig(schema, value, source, (config) => {
    const { categories, num_classes } = config;
    if (categories && categories.length !== num_classes) {
      return `categories has ${categories.length} entries, but num_classes is ${num_classes}`;
    }
    return undefined;
  });
}

/** The number in `resnet50`. */
export const depthOf = (architecture: string): number => Number(architecture.slice('resnet'.length));
