import * as v from 'valibot';
import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import { wholeWithin } from '../../io/bounded-values.ts';
import { MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { ModelDescription } from './model-description.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a `config.json` is of Hugging Face's transformers. */
export const isOfTransformers = (config: unknown): config is Fields =>
  typeof config === 'object' && config !== null && ('model_type' in config || 'architectures' in config);

const channels = wholeWithin(1, MOST.channels);

/** `ResNetConfig`, with its defaults. */
const schema = v.looseObject({
  problem_type: v.nullish(v.string()),
  num_channels: v.nullish(v.literal(3, 'must be 3')),
  embedding_size: v.nullish(channels, 64),
  hidden_sizes: v.nullish(v.array(channels), [256, 512, 1024, 2048]),
  depths: v.nullish(v.array(wholeWithin(1, 1000)), [3, 4, 6, 3]),
  layer_type: v.nullish(v.picklist(['basic', 'bottleneck']), 'bottleneck'),
  hidden_act: v.nullish(v.literal('relu', 'must be relu, which all networks that are read have')),
  downsample_in_first_stage: v.nullish(v.literal(false, 'must be false: the first stage keeps the size of its map')),
  downsample_in_bottleneck: v.nullish(v.boolean(), false),
  id2label: v.nullish(v.record(v.pipe(v.string(), v.regex(/^\d{1,6}$/, 'must have numbers as keys')), v.string())),
});

/**
 * What the `config.json` of a ResNet of transformers says, in the words of our configuration; of other models, why it
 * says nothing.
 *
 * @throws ResnetCocoError BAD_CONFIG that names the field that is wrong or not supported
 */
export function transformersDescription(config: Fields, file: string): ModelDescription | string {
  const { architectures, model_type } = config;
  if (model_type !== 'resnet') return `it describes a model of the type ${shownValue(model_type ?? architectures)}`;
  const parsed = parseConfig(schema, config, file, ({ id2label }) => numberingProblem(id2label));
  const { depths, downsample_in_bottleneck, embedding_size, hidden_sizes, id2label, layer_type } = parsed;
  const categories = categoriesOf(id2label);
  return {
    file,
    network: { layer_type, depths, hidden_sizes, embedding_size },
    settings: {
      stride_on: downsample_in_bottleneck ? '1x1' : '3x3',
      ...(categories && { categories }),
    },
    notes:
      parsed.problem_type === 'multi_label_classification'
        ? [`${file}: problem_type: its classes do not exclude each other; probabilities are given as if they did`]
        : [],
  };
}

type Labels = Readonly<Record<string, string>>;

function numberingProblem(names: Labels | null | undefined): string | undefined {
  const labels = names ?? {};
  const missing = Object.keys(labels).findIndex((_, id) => !Object.hasOwn(labels, id));
  return missing < 0 ? undefined : `id2label: lacks ${missing}; ids are numbered from 0`;
}

/** The share of ImageNet's names that labels of an ImageNet model begin with; a few of transformers' differ. */
const ALIKE = 0.9;

/** The classes, unless their labels are transformers' placeholders. ImageNet's get WordNet's ids. */
function categoriesOf(
  given: Labels | null | undefined,
): readonly { readonly name: string; readonly wnid?: string }[] | undefined {
  const labels = given ?? {};
  const names = Object.keys(labels).map((_, id) => labels[id]);
  if (!names.length || names.every((name, id) => name === `LABEL_${id}`)) return undefined;
  const alike = imagenetClasses.filter(({ name }, id) => names[id]?.toLowerCase().startsWith(name.toLowerCase()));
  const isImageNet = names.length === imagenetClasses.length && alike.length >= ALIKE * names.length;
  return names.map((name, id) => (isImageNet ? { name, wnid: imagenetClasses[id].wnid } : { name }));
}
