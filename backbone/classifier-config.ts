import * as v from 'valibot';
import { MOST, numberWithin, positiveWithin, wholeWithin } from '../bounds.ts';
import { ARCHITECTURE_NAME, parseArchitecture, usualStem } from './architecture.ts';
import { parseConfig } from './config.ts';

/** Means and deviations of pixels; those of networks that take 0–255 are of that size too. */
export const channelTriple = v.pipe(v.array(numberWithin(-1000, 1000)), v.length(3));
export const positiveTriple = v.pipe(v.array(positiveWithin(1000)), v.length(3));

/** Means and deviations of ImageNet's pixels, 0–1 RGB: what torchvision's models expect. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406];
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225];

const fields = v.strictObject({
  architecture: v.pipe(v.string(), v.regex(ARCHITECTURE_NAME, 'must be a name such as resnet50 or plain34')),
  stem: v.optional(v.picklist(['imagenet', 'cifar'])),
  shortcut: v.optional(v.picklist(['A', 'B', 'C', 'none'])),
  stride_on: v.optional(v.picklist(['3x3', '1x1']), '3x3'),
  num_classes: wholeWithin(1, MOST.classes),
  categories: v.optional(v.array(v.strictObject({ name: v.string(), wnid: v.optional(v.string()) }))),
  image_mean: v.optional(channelTriple, [...IMAGENET_MEAN]),
  image_std: v.optional(positiveTriple, [...IMAGENET_STD]),
  resize_size: v.optional(v.nullable(wholeWithin(1, MOST.side))),
  crop_size: v.optional(wholeWithin(1, Math.sqrt(MOST.pixels))),
  provenance: v.optional(v.record(v.string(), v.unknown())),
});

/** What is left out is as the paper has it for the network of that name. */
const schema = v.pipe(
  fields,
  v.transform((config) => {
    const architecture = parseArchitecture(config.architecture);
    const stem = config.stem ?? usualStem(architecture);
    const cifar = stem === 'cifar';
    const shortcut = config.shortcut ?? (architecture.kind === 'plain' ? 'none' : cifar ? 'A' : 'B');
    const { crop_size = cifar ? 32 : 224, resize_size = cifar ? null : 256 } = config;
    return { ...config, stem, shortcut, resize_size, crop_size };
  }),
);

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
    const { architecture, categories, num_classes, shortcut } = config;
    const { depth, kind } = parseArchitecture(architecture);
    if (kind === 'plain' && shortcut !== 'none') return `shortcut: ${architecture} has none, but it says ${shortcut}`;
    if (kind === 'resnet' && shortcut === 'none') {
      return `shortcut: a ${architecture} without shortcuts is named plain${depth}`;
    }
    if (categories && categories.length !== num_classes) {
      return `categories has ${categories.length} entries, but num_classes is ${num_classes}`;
    }
    return undefined;
  });
}
