import { ResnetCocoError, shortened } from '../errors.ts';
import { type OptimizationChoices, type OptimizationSettings, optimizationOptions } from './optimization-options.ts';

/** Defaults of choices. */
export interface UsualOptimization {
  readonly epochs: number;
  readonly batch: number;
  /** The maximum learning rate. */
  readonly rate: number;
  /** The shares of the run after which the learning rate drops. */
  readonly drops: readonly number[];
}

/** By setting, the choice that it follows from, as errors name it. */
export const optimizationNames: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.values(optimizationOptions).flatMap((option) =>
      'setting' in option ? [[option.setting, `\`${option.choice}\``]] : [],
    ),
  ),
  optimizer: '`optimizer`',
  'optimizer.momentum': '`momentum`',
  'optimizer.nesterov': '`nesterov`',
  'optimizer.weight_decay': '`weightDecay`',
  'optimizer.decay_norms': '`decayNorms`',
  schedule: '`schedule`',
  'schedule.rate': '`lr`',
  'schedule.milestones': '`milestones`',
  'schedule.warmup': '`warmup`',
  'schedule.warmup_steps': '`warmupSteps`',
};

/**
 * Makes settings of choices. They are not checked yet.
 *
 * @throws ResnetCocoError USAGE for choices that exclude one another
 */
export function optimizationSettings(choices: OptimizationChoices, usual: UsualOptimization) {
  const { epochs = usual.epochs, lr = usual.rate } = choices;
  const options = Object.values(optimizationOptions).flatMap((option) => ('setting' in option ? [option] : []));
  const chosen = options.flatMap(({ choice, setting }) =>
    choices[choice] === undefined ? [] : [[setting, choices[choice]]],
  );
  return {
    ...{ epochs, batch: usual.batch, seed: 0, evaluate_every: 1 },
    ...Object.fromEntries(chosen),
    optimizer: optimizerOf(choices),
    schedule: scheduleOf(choices, lr, epochs, usual.drops),
  };
}

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

/** @throws ResnetCocoError USAGE for choices that exclude one another, or for an unknown optimizer */
function optimizerOf(choices: OptimizationChoices) {
  const { decayNorms = true, momentum, nesterov = false, optimizer = 'sgd', weightDecay } = choices;
  // JavaScript's callers: a wrong one does not train by another optimizer in silence.
  if (!['sgd', 'adamw'].includes(optimizer)) {
    throw usage(`\`optimizer\` must be sgd or adamw, is ${shortened(JSON.stringify(optimizer) ?? 'a function')}`);
  }
  if (optimizer === 'adamw') {
    if (momentum !== undefined || nesterov) {
      throw usage(
        `\`${nesterov ? 'nesterov' : 'momentum'}\` applies to SGD only: leave it out, or use \`optimizer\` sgd`,
      );
    }
    return { kind: 'adamw', weight_decay: weightDecay ?? 0.01, decay_norms: decayNorms };
  }
  if (nesterov && momentum === 0) throw usage('`nesterov` needs a `momentum` above 0');
  return {
    kind: 'sgd',
    momentum: momentum ?? 0.9,
    nesterov,
    weight_decay: weightDecay ?? 1e-4,
    decay_norms: decayNorms,
  };
}

/**
 * @param rate the maximum learning rate
 * @param drops the default shares of the run after which it drops
 * @throws ResnetCocoError USAGE for choices that exclude one another
 */
function scheduleOf(
  { milestones, schedule: kind = 'steps', warmup, warmupSteps }: OptimizationChoices,
  rate: number,
  epochs: number,
  drops: readonly number[],
): object {
  if (milestones && kind !== 'steps') {
    throw usage(`\`milestones\` apply to \`schedule\` steps, not to ${kind}: leave them out, or use steps`);
  }
  if (kind === 'one-cycle') {
    if (warmup !== undefined || warmupSteps)
      throw usage('`schedule` one-cycle warms up by itself: leave out `warmup`, or use cosine');
    return { kind, rate };
  }
  if (warmup !== undefined && warmup >= epochs) {
    throw usage(`\`warmup\` ${warmup} takes the whole run of ${epochs} epochs; make it shorter`);
  }
  const inSteps = warmupSteps === undefined || warmup !== undefined ? {} : { warmup_steps: warmupSteps };
  const common = { kind, rate, warmup: warmup ?? 0, ...inSteps };
  if (kind !== 'steps') return common;
  return { ...common, milestones: milestones ?? drops.map((share) => Math.round(share * epochs)) };
}

/** Says which fields of a schedule contradict each other; undefined if none do. */
export function scheduleProblem({
  epochs,
  schedule,
}: Pick<OptimizationSettings, 'epochs' | 'schedule'>): string | undefined {
  if (schedule.kind !== 'steps') return undefined;
  const { milestones } = schedule;
  const ascend = milestones.every((milestone, i) => i === 0 || milestone >= milestones[i - 1]);
  if (!ascend) return `schedule.milestones: ${milestones.join(', ')} are not in ascending order`;
  const late = milestones.find((milestone) => milestone > epochs);
  return late === undefined ? undefined : `schedule.milestones: ${late} is after the last of ${epochs} epochs`;
}
