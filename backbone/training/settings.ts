import * as v from 'valibot';
import { checkRecipe, type TrainingRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { numberWithin, wholeWithin } from '../../io/bounded-values.ts';
import { batchProblem, MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { type OptimizationSettings, scheduleProblem } from '../../training/index.ts';
import { optimizationFields } from '../../training/optimization-fields.ts';
import type { PreparationSettings } from '../classifier-config.ts';
import { preparationFields } from '../preparation-fields.ts';

/** More stages than any network has. */
const MOST_STAGES = 4;

const schema = v.strictObject({
  ...optimizationFields,
  architecture: v.string(),
  stem: v.picklist(['imagenet', 'cifar']),
  shortcut: v.picklist(['A', 'B', 'C', 'none']),
  stride_on: v.picklist(['3x3', '1x1']),
  recipe: v.record(v.string(), v.unknown()),
  resize_size: v.nullable(wholeWithin(1, MOST.side)),
  ...preparationFields,
  freeze: v.optional(wholeWithin(0, MOST_STAGES)),
  zero_gamma: v.optional(v.boolean()),
  loss: v.optional(v.literal('bce')),
  stochastic_depth: v.optional(v.pipe(numberWithin(0, 1), v.ltValue(1, 'must be below 1'))),
});

/**
 * How a classifier is trained: plain data, stored with the run and with the trained model. Warmup and milestones are in
 * epochs. `warmup_steps`, in steps, takes precedence.
 *
 * - `resize_size`: the length of an image's shorter side for evaluation, before the center crop.
 * - `interpolation`, `crop_mode`, `crop_rounding`, `channel_order`: of the evaluation and of the trained model, as in its
 *   configuration.
 * - `decay_norms`: whether norms and biases have weight decay too.
 * - `ema`: the decay of a moving average of the weights, which is then evaluated and becomes the model.
 * - `freeze`: the stem and this many stages are not trained.
 * - `zero_gamma`: residual blocks start as their shortcuts.
 * - `loss`: `bce` is binary cross-entropy of each class; cross-entropy by default.
 * - `stochastic_depth`: the probability with which the last residual block is left out for an image; it rises from 0.
 * - `evaluate_every`: the epochs between evaluations. The last epoch is always evaluated.
 */
export interface TrainingSettings extends OptimizationSettings, PreparationSettings {
  readonly architecture: string;
  readonly stem: 'imagenet' | 'cifar';
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  readonly stride_on: '3x3' | '1x1';
  readonly recipe: TrainingRecipe;
  readonly resize_size: number | null;
  readonly freeze?: number | undefined;
  readonly zero_gamma?: boolean | undefined;
  readonly loss?: 'bce' | undefined;
  readonly stochastic_depth?: number | undefined;
}

/**
 * Checks settings, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG that names the field
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
