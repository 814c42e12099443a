import * as v from 'valibot';
import { cropModes, interpolations } from '../../datasets/index.ts';
import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import { ResnetCocoError } from '../../errors.ts';
import { channelTriple, deviationTriple, positiveWithin, wholeWithin } from '../../io/bounded-values.ts';
import { MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import type { ModelDescription } from './model-description.ts';

const side = wholeWithin(1, MOST.side);
const inputSize = v.pipe(
  v.tuple([v.literal(3), side, side], 'must be [3, side, side]'),
  v.check(([, height, width]) => height === width, 'must be as high as it is wide'),
);

/** `pretrained_cfg`, whose fields may be null. */
const pretrained = v.looseObject({
  tag: v.nullish(v.string()),
  input_size: v.nullish(inputSize, [3, 224, 224]),
  test_input_size: v.nullish(inputSize),
  interpolation: v.nullish(v.picklist(interpolations), 'bicubic'),
  crop_pct: v.nullish(positiveWithin(1), 0.875),
  test_crop_pct: v.nullish(positiveWithin(1)),
  crop_mode: v.nullish(v.picklist(cropModes), 'center'),
  mean: v.nullish(channelTriple, [0.485, 0.456, 0.406]),
  std: v.nullish(deviationTriple, [0.229, 0.224, 0.225]),
  origin_url: v.nullish(v.string()),
  license: v.nullish(v.string()),
});

const names = v.array(v.string());
const schema = v.looseObject({
  architecture: v.string(),
  num_classes: v.nullish(wholeWithin(0, MOST.classes)),
  global_pool: v.nullish(v.literal('avg')),
  label_names: v.nullish(names),
  label_descriptions: v.nullish(v.union([names, v.record(v.string(), v.string())])),
  model_args: v.nullish(v.record(v.string(), v.unknown())),
  pretrained_cfg: pretrained,
});
type TimmConfig = v.InferOutput<typeof schema>;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a `config.json` is timm's: `pretrained_cfg`, or its fields beside the architecture, as in older files. */
export const isOfTimm = (config: unknown): config is Fields =>
  isFields(config) &&
  typeof config.architecture === 'string' &&
  (isFields(config.pretrained_cfg) || 'input_size' in config || 'crop_pct' in config);

/** Names of networks from before timm had tags. */
const FORMER: readonly [former: RegExp, today: string][] = [
  [/^(tv|ssl|swsl|ig)_(?=res)/, ''],
  [/^gluon_resnet(\d+)_v1b$/, 'resnet$1'],
  [/^gluon_resnet(\d+)_v1([cdes])$/, 'resnet$1$2'],
  [/^gluon_(?=(se)?resnext)/, ''],
];

/** Arguments of a model that change neither its network nor its answers. */
const HARMLESS = ['num_classes', 'pretrained', 'drop_rate', 'drop_path_rate', 'drop_block_rate', 'img_size'];

/** Arguments that may say what is so anyway. */
const USUAL: Readonly<Record<string, unknown>> = { in_chans: 3, global_pool: 'avg', output_stride: 32 };

/**
 * What timm's `config.json` says, in the words of our configuration.
 *
 * @throws ResnetCocoError BAD_CONFIG that names the field that is wrong or not supported
 */
export function timmDescription(config: Fields, file: string): ModelDescription {
  const parsed = parseConfig(schema, withPretrained(config), file, ({ model_args }) => {
    const given = Object.entries(model_args ?? {});
    const argument = given.find(([name, is]) => !HARMLESS.includes(name) && is !== USUAL[name] && is !== null)?.[0];
    return argument === undefined
      ? undefined
      : `model_args.${argument}: is not supported; networks are read as timm names them`;
  });
  const { architecture: tagged, pretrained_cfg: cfg } = parsed;
  const [architecture, tag = cfg.tag] = splitOnce(tagged);
  const { categories, note } = labels(parsed, file);
  const [, crop_size] = cfg.input_size;
  const { crop_mode, crop_pct, interpolation, license, origin_url, test_crop_pct, test_input_size } = cfg;
  return {
    file,
    architecture: FORMER.reduce((name, [former, today]) => name.replace(former, today), architecture),
    ...(parsed.num_classes && { numClasses: parsed.num_classes }),
    settings: {
      ...(categories && { categories }),
      image_mean: cfg.mean,
      image_std: cfg.std,
      interpolation,
      crop_size,
      crop_pct,
      ...(crop_mode === 'center' ? {} : { crop_mode }),
      ...(test_input_size && { test_crop_size: test_input_size[1] }),
      ...(test_crop_pct && { test_crop_pct }),
      provenance: {
        weights: tag ? `${architecture}.${tag}` : architecture,
        ...(origin_url && { url: origin_url }),
        ...(license && { license }),
      },
    },
    notes: note === undefined ? [] : [note],
  };
}

function splitOnce(name: string): [before: string, after?: string] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** Older files have the fields of `pretrained_cfg` beside the architecture. What is said outside of it counts. */
function withPretrained(config: Fields): Fields {
  const { pretrained_cfg: inner = config, ...outer } = config;
  const cfg = inner as Fields;
  return {
    architecture: outer.architecture,
    num_classes: outer.num_classes ?? cfg.num_classes,
    global_pool: outer.global_pool,
    label_names: outer.label_names ?? cfg.label_names ?? cfg.labels,
    label_descriptions: outer.label_descriptions ?? cfg.label_descriptions,
    model_args: outer.model_args,
    pretrained_cfg: cfg,
  };
}

const WNID = /^n\d{8}$/;

/** The classes, if the file names them; else a note where the number of classes does not tell them either. */
function labels(
  { label_descriptions, label_names: names, num_classes, pretrained_cfg: { tag } }: TimmConfig,
  file: string,
): { readonly categories?: readonly { readonly name: string; readonly wnid?: string }[]; readonly note?: string } {
  if (!names?.length) {
    if (!num_classes || num_classes === imagenetClasses.length) return {};
    const set = tag ? ` of ${tag}` : '';
    return { note: `${file}: names none of the ${num_classes} classes${set}: they are called by their numbers` };
  }
  if (num_classes && names.length !== num_classes) {
    const problem = `label_names has ${names.length} entries, but num_classes is ${num_classes}`;
    throw new ResnetCocoError('BAD_CONFIG', `${file}: config: ${problem}`);
  }
  const known = new Map(imagenetClasses.map(({ name, wnid }) => [wnid, name]));
  const categories = names.map((label, i) => {
    const words = Array.isArray(label_descriptions) ? label_descriptions[i] : label_descriptions?.[label];
    return WNID.test(label) ? { name: known.get(label) ?? words ?? label, wnid: label } : { name: words ?? label };
  });
  return { categories };
}
