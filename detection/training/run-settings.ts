import * as v from 'valibot';
import { checkDetectionRecipe, type DetectionRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { positiveWithin, wholeWithin } from '../../io/bounded-values.ts';
import { batchProblem, MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { type OptimizationSettings, scheduleProblem } from '../../training/index.ts';
import { optimizationFields } from '../../training/optimization-fields.ts';
import { architectureOf, parseDetectorConfig } from '../architectures/architectures.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import type { SharedTrainingSettings } from './shared-training-settings.ts';

/** Batches of so many like shapes. */
const MOST_SHAPES = 100;

const schema = v.strictObject({
  ...optimizationFields,
  model: v.record(v.string(), v.unknown()),
  training: v.record(v.string(), v.unknown()),
  accumulate: wholeWithin(1, MOST.batch),
  recipe: v.record(v.string(), v.unknown()),
  aspect_ratio_group_factor: wholeWithin(-1, MOST_SHAPES),
  repeat_threshold: v.optional(positiveWithin(1)),
});

/**
 * What decides how a detector is trained: plain data, kept with the run and with the model that comes out. Warmup and
 * milestones are in epochs, but for `warmup_steps`, which comes first.
 *
 * - `model`: the configuration of the model, without its provenance.
 * - `training`: which anchors and proposals count, and which stages of the backbone are trained.
 * - `accumulate`: so many batches make one step.
 * - `ema`: decay of a moving average of the weights, which is then what is evaluated and what comes out.
 * - `repeat_threshold`: images with a category that is on less than this share of the images come more often (LVIS).
 * - `evaluate_every`: epochs from one evaluation to the next; the last epoch is always evaluated.
 */
export interface DetectorRunSettings extends OptimizationSettings {
  readonly model: DetectorConfig;
  readonly training: SharedTrainingSettings;
  readonly accumulate: number;
  readonly recipe: DetectionRecipe;
  readonly aspect_ratio_group_factor: number;
  readonly repeat_threshold?: number | undefined;
}

/**
 * Checks settings, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function checkDetectorRunSettings(value: unknown): DetectorRunSettings {
  const parsed = parseConfig(schema, value, 'training', (settings) => scheduleProblem(settings));
  const model = parseDetectorConfig(parsed.model, 'training: model');
  const training = architectureOf(model).parseTrainingSettings(parsed.training, 'training: training');
  const recipe = checkDetectionRecipe(parsed.recipe);
  const problem = batchProblem(parsed.batch, Math.max(...recipe.min_size) * recipe.max_size);
  if (problem !== undefined) throw new ResnetCocoError('BAD_CONFIG', `training: config: ${problem}`);
  return { ...parsed, model, training, recipe };
}
