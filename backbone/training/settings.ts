import * as v from 'valibot';
import { batchProblem, MOST, wholeWithin } from '../../bounds.ts';
import { checkRecipe, type TrainingRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { parseConfig } from '../config.ts';
import { optimisationFields } from './optimisation-fields.ts';

/** No network has more. */
const MOST_STAGES = 4;

/** Of every training: how long, how fast, by which steps. */
export interface OptimisationSettings {
  readonly epochs: number;
  /** Images of a batch. */
  readonly batch: number;
  readonly seed: number;
  readonly optimiser: OptimiserFields;
  readonly schedule: ScheduleFields;
  readonly clip_norm?: number | undefined;
  readonly ema?: number | undefined;
  readonly evaluate_every: number;
}

interface Decay {
  readonly weight_decay: number;
  readonly decay_norms: boolean;
}

type OptimiserFields =
  | (Decay & { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean })
  | (Decay & { readonly kind: 'adamw' });

interface WarmedUp {
  readonly rate: number;
  readonly warmup: number;
  readonly warmup_steps?: number | undefined;
}

type ScheduleFields =
  | (WarmedUp & { readonly kind: 'constant' | 'cosine' })
  | (WarmedUp & { readonly kind: 'steps'; readonly milestones: readonly number[] })
  | { readonly kind: 'one-cycle'; readonly rate: number };

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
export interface TrainingSettings extends OptimisationSettings {
  readonly architecture: string;
  readonly stem: 'imagenet' | 'cifar';
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  readonly stride_on: '3x3' | '1x1';
  readonly recipe: TrainingRecipe;
  readonly resize_size: number | null;
  readonly freeze?: number | undefined;
  readonly zero_gamma?: boolean | undefined;
}

/**
 * Checks settings, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function checkTrainingSettings(value: unknown): TrainingSettings {
  const parsed = parseConfig(schema, value, 'training', (settings) => scheduleProblem(settings));
  const recipe = checkRecipe(parsed.recipe);
  const problem =
    recipe.kind === 'training'
      ? batchProblem(parsed.batch, recipe.size ** 2)
      : `recipe: its kind is ${recipe.kind}, not training`;
  if (recipe.kind === 'training' && problem === undefined) return { ...parsed, recipe };
  throw new ResnetCocoError('BAD_CONFIG', `training: config: ${problem}`);
}
