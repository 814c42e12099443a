import { createSchedule, type OptimiserSettings, type Schedule, type TrainingOptions } from '../engine/index.ts';
import type { OptimisationSettings } from './optimisation-options.ts';

/**
 * How an engine takes steps.
 *
 * @param shapes of all weights, by name: norms and biases are the vectors among them
 */
export function trainingOptions(
  { optimiser, clip_norm, ema }: Pick<OptimisationSettings, 'optimiser' | 'clip_norm' | 'ema'>,
  shapes: Readonly<Record<string, readonly number[]>>,
): TrainingOptions {
  const { decay_norms, weight_decay: weightDecay, ...rest } = optimiser;
  const vectors = Object.keys(shapes).filter((name) => shapes[name].length === 1);
  const settings: OptimiserSettings = { ...rest, weightDecay, noDecay: decay_norms ? [] : vectors };
  return {
    optimiser: settings,
    ...(clip_norm === undefined ? {} : { clipNorm: clip_norm }),
    ...(ema === undefined ? {} : { averageDecay: ema }),
  };
}

/** The learning rate of each step. @param batches steps of an epoch */
export function learningRates(
  { epochs, schedule }: Pick<OptimisationSettings, 'epochs' | 'schedule'>,
  batches: number,
): Schedule {
  const steps = (count: number) => Math.round(count * batches);
  const { kind, rate } = schedule;
  return createSchedule({
    kind,
    rate,
    total: epochs * batches,
    ...(kind === 'one-cycle' ? {} : { warmup: schedule.warmup_steps ?? steps(schedule.warmup) }),
    ...(kind === 'steps' ? { milestones: schedule.milestones.map(steps) } : {}),
  });
}
