import * as v from 'valibot';
import { batchProblem, MOST, numberWithin, positiveWithin, wholeWithin } from '../../bounds.ts';
import { checkRecipe, type TrainingRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { parseConfig } from '../config.ts';

const MOST_MILESTONES = 1000;
/** No network has more. */
const MOST_STAGES = 4;
const ofEpochs = numberWithin(0, MOST.epochs);
const share = v.pipe(numberWithin(0, 1), v.ltValue(1, 'must be below 1'));

const decay = { weight_decay: numberWithin(0, MOST.decay), decay_norms: v.boolean() };
const optimiser = v.variant('kind', [
  v.strictObject({ kind: v.literal('sgd'), momentum: share, nesterov: v.boolean(), ...decay }),
  v.strictObject({ kind: v.literal('adamw'), ...decay }),
]);

const rate = positiveWithin(MOST.learningRate);
const slow = { rate, warmup: ofEpochs, warmup_steps: v.optional(wholeWithin(0, MOST.steps)) };
const schedule = v.variant('kind', [
  v.strictObject({ kind: v.literal('constant'), ...slow }),
  v.strictObject({ kind: v.literal('cosine'), ...slow }),
  v.strictObject({
    kind: v.literal('steps'),
    ...slow,
    milestones: v.pipe(v.array(ofEpochs), v.maxLength(MOST_MILESTONES, `must be at most ${MOST_MILESTONES}`)),
  }),
  v.strictObject({ kind: v.literal('one-cycle'), rate }),
]);

/** Fields of every training: how long, how fast, by which steps. */
export const optimisationFields = {
  epochs: wholeWithin(1, MOST.epochs),
  /** Images of a batch. */
  batch: wholeWithin(1, MOST.batch),
  seed: v.pipe(v.number(), v.safeInteger()),
  optimiser,
  schedule,
  clip_norm: v.optional(positiveWithin(MOST.norm)),
  ema: v.optional(share),
  evaluate_every: wholeWithin(1, MOST.epochs),
};

const fields = v.strictObject(optimisationFields);
export type OptimisationSettings = Readonly<v.InferOutput<typeof fields>>;

/** What is wrong between the fields of a schedule, if anything. */
export function scheduleProblem({
  epochs,
  schedule,
}: Pick<OptimisationSettings, 'epochs' | 'schedule'>): string | undefined {
  if (schedule.kind !== 'steps') return undefined;
  const { milestones } = schedule;
  const ascend = milestones.every((milestone, i) => i === 0 || milestone >= milestones[i - 1]);
  if (!ascend) return `schedule.milestones: ${milestones.join(', ')} do not ascend`;
  const late = milestones.find((milestone) => milestone > epochs);
  return late === undefined ? undefined : `schedule.milestones: ${late} is beyond the last of ${epochs} epochs`;
}

const schema = v.strictObject({
  ...optimisationFields,
  architecture: v.string(),
  stem: v.picklist(['imagenet', 'cifar']),
  shortcut: v.picklist(['A', 'B', 'C', 'none']),
  stride_on: v.picklist(['3x3', '1x1']),
  recipe: v.record(v.string(), v.unknown()),
  resize_size: v.nullable(wholeWithin(1, MOST.side)),
  freeze: v.optional(wholeWithin(0, MOST_STAGES)),
  zero_gamma: v.optional(v.boolean()),
});

type Checked = v.InferOutput<typeof schema>;

/**
 * What decides how a classifier is trained: plain data, kept with the run and with the model that comes out. Warmup and
 * milestones are in epochs, but for `warmup_steps`, which comes first.
 *
 * - `resize_size`: to which the shorter side of a picture is resized for evaluation, before the middle is cut out of it.
 * - `decay_norms`: whether norms and biases decay too.
 * - `ema`: decay of a moving average of the weights, which is then what is evaluated and what comes out.
 * - `freeze`: the stem and so many stages stay as they are.
 * - `zero_gamma`: residual blocks begin as their shortcuts.
 * - `evaluate_every`: epochs from one evaluation to the next; the last epoch is always evaluated.
 */
export type TrainingSettings = Readonly<Omit<Checked, 'recipe'>> & {
  readonly recipe: TrainingRecipe;
};

/**
 * Checks settings, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function checkTrainingSettings(value: unknown): TrainingSettings {
  const parsed: Checked = parseConfig(schema, value, 'training', (settings) => scheduleProblem(settings));
  const recipe = checkRecipe(parsed.recipe);
  const problem =
    recipe.kind === 'training'
      ? batchProblem(parsed.batch, recipe.size ** 2)
      : `recipe: its kind is ${recipe.kind}, not training`;
  if (recipe.kind === 'training' && problem === undefined) return { ...parsed, recipe };
  throw new ResnetCocoError('BAD_CONFIG', `training: config: ${problem}`);
}
