import * as v from 'valibot';
import type { Interpolation } from '../../datasets/index.ts';
import { numberWithin, positiveWithin, wholeWithin } from '../../io/bounded-values.ts';
import { MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';

/** Pillow's numbers of its filters. */
const FILTERS: ReadonlyMap<number, Interpolation> = new Map([
  [1, 'lanczos'],
  [2, 'bilinear'],
  [3, 'bicubic'],
]);

/** What an image processor of transformers does where its file says nothing. */
interface Processor {
  /** What a `size` without names is: the length of the shorter side, or of both. */
  readonly plainSize: 'shortest_edge' | 'both';
  readonly size: number;
  readonly do_center_crop: boolean;
  readonly crop_size: number;
  readonly resample: number;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

const HALVES = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const OPENAI = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};

/** Those that ResNets are published with, by the first part of their names. */
const PROCESSORS: Readonly<Record<string, Processor>> = {
  ConvNext: { plainSize: 'shortest_edge', size: 384, do_center_crop: false, crop_size: 384, resample: 3, ...HALVES },
  ViT: { plainSize: 'both', size: 224, do_center_crop: false, crop_size: 224, resample: 2, ...HALVES },
  DeiT: { plainSize: 'both', size: 256, do_center_crop: true, crop_size: 224, resample: 3, ...HALVES },
  CLIP: { plainSize: 'shortest_edge', size: 224, do_center_crop: true, crop_size: 224, resample: 3, ...OPENAI },
  Bit: { plainSize: 'shortest_edge', size: 224, do_center_crop: true, crop_size: 224, resample: 3, ...OPENAI },
};
const SUFFIX = /(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/;

const side = wholeWithin(1, MOST.side);
const square = v.pipe(
  v.strictObject({ height: side, width: side }),
  v.check(({ height, width }) => height === width, 'must be as high as it is wide'),
);
const value = numberWithin(-1000, 1000);
/** A number for each channel, or one for all. */
const triple = v.union([
  v.pipe(v.array(value), v.length(3)),
  v.pipe(
    value,
    v.transform((all) => [all, all, all]),
  ),
]);
const yes = v.nullish(v.boolean(), true);
const type = v.nullish(
  v.pipe(
    v.string(),
    v.check(
      (name) => Object.hasOwn(PROCESSORS, name.replace(SUFFIX, '')),
      `must be the image processor of ${Object.keys(PROCESSORS).join(', ')}`,
    ),
  ),
);

/** Newer versions write null for what they leave to the processor. */
const schema = v.looseObject({
  image_processor_type: type,
  feature_extractor_type: type,
  do_resize: v.nullish(v.literal(true, 'must be true: networks have inputs of one size')),
  size: v.nullish(v.union([side, v.strictObject({ shortest_edge: side }), square])),
  resample: v.nullish(
    v.pipe(
      v.number(),
      v.check((filter) => FILTERS.has(filter), 'must be 1 (Lanczos), 2 (bilinear) or 3 (bicubic)'),
    ),
  ),
  crop_pct: v.nullish(positiveWithin(1)),
  do_center_crop: v.nullish(v.boolean()),
  crop_size: v.nullish(v.union([side, square])),
  do_rescale: yes,
  rescale_factor: v.nullish(positiveWithin(1000), 1 / 255),
  do_normalize: yes,
  image_mean: v.nullish(triple),
  image_std: v.nullish(triple),
  do_flip_channel_order: v.nullish(v.boolean(), false),
});
type ProcessorConfig = v.InferOutput<typeof schema>;

/** transformers' ConvNextImageProcessor keeps the shape of an image below this size, and squashes it from there on. */
const SQUASHED_FROM = 384;
const CONVNEXT_CROP_PCT = 224 / 256;

/**
 * What `preprocessor_config.json` of transformers says, in the words of our configuration.
 *
 * @throws ResnetCocoError BAD_CONFIG that names the field that is wrong or not supported
 */
export function processorSettings(value: unknown, file: string): Record<string, unknown> {
  const config = parseConfig(schema, value, file, sizesProblem);
  const processor = PROCESSORS[nameOf(config)];
  return {
    ...sizesOf(config),
    ...normalization(config, processor),
    interpolation: FILTERS.get(config.resample ?? processor.resample),
    crop_rounding: 'down',
    ...(config.do_flip_channel_order && { channel_order: 'bgr' }),
  };
}

/** ResNets have ConvNext's where the file does not say. */
const nameOf = ({ feature_extractor_type, image_processor_type }: ProcessorConfig): string =>
  (image_processor_type ?? feature_extractor_type ?? 'ConvNext').replace(SUFFIX, '');

const edgeOf = (size: number | { readonly height: number }): number => (typeof size === 'number' ? size : size.height);

/** The length that is resized, and whether of the shorter side or of both. */
function resized(config: ProcessorConfig): { readonly edge: number; readonly keepsShape: boolean } {
  const { plainSize, size: usual } = PROCESSORS[nameOf(config)];
  const size = config.size ?? usual;
  if (typeof size === 'number') return { edge: size, keepsShape: plainSize === 'shortest_edge' };
  return 'shortest_edge' in size
    ? { edge: size.shortest_edge, keepsShape: true }
    : { edge: size.height, keepsShape: false };
}

function sizesProblem(config: ProcessorConfig): string | undefined {
  const do_center_crop = config.do_center_crop ?? PROCESSORS[nameOf(config)].do_center_crop;
  const { keepsShape } = resized(config);
  if (nameOf(config) === 'ConvNext') {
    return keepsShape ? undefined : 'size: must have shortest_edge, which ConvNext’s image processor wants';
  }
  if (!keepsShape || do_center_crop) return undefined;
  return 'size: has shortest_edge without do_center_crop, so that inputs differ in size; networks have inputs of one size';
}

function sizesOf(config: ProcessorConfig): object {
  const processor = PROCESSORS[nameOf(config)];
  const { edge, keepsShape } = resized(config);
  if (nameOf(config) === 'ConvNext') {
    const crop_pct = config.crop_pct ?? CONVNEXT_CROP_PCT;
    if (edge < SQUASHED_FROM) return { crop_size: edge, crop_pct };
    return { crop_size: edge, resize_size: edge, crop_mode: 'squash' };
  }
  const crop_size = config.crop_size ?? processor.crop_size;
  const do_center_crop = config.do_center_crop ?? processor.do_center_crop;
  return {
    resize_size: edge,
    crop_size: do_center_crop ? edgeOf(crop_size) : edge,
    ...(keepsShape ? {} : { crop_mode: 'squash' }),
  };
}

/** (x · factor − mean) / std, for x from 0 to 255, as a mean and a deviation of x / 255. */
function normalization(
  { do_normalize, do_rescale, image_mean, image_std, rescale_factor }: ProcessorConfig,
  processor: Processor,
): { readonly image_mean: readonly number[]; readonly image_std: readonly number[] } {
  const scale = do_rescale && Math.abs(rescale_factor * 255 - 1) > 1e-9 ? rescale_factor * 255 : do_rescale ? 1 : 255;
  const mean = do_normalize ? (image_mean ?? processor.image_mean) : [0, 0, 0];
  const std = do_normalize ? (image_std ?? processor.image_std) : [1, 1, 1];
  return { image_mean: mean.map((m) => m / scale), image_std: std.map((s) => s / scale) };
}
