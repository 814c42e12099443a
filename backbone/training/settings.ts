import * as v from 'valibot';
import { checkRecipe, type TrainingRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { batchProblem, MOST, wholeWithin } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { type OptimizationSettings, scheduleProblem } from '../../training/index.ts';
import { optimizationFields } from '../../training/optimization-fields.ts';

/** No network has more. */
const MOST_STAGES = 4;

const schema = v.strictObject({
  ...optimizationFields,
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
export interface TrainingSettings extends OptimizationSettings {
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
