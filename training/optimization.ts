import { createSchedule, type OptimizerSettings, type Schedule, type TrainingOptions } from '../engine/index.ts';
import type { OptimizationSettings } from './optimization-options.ts';

/**
 * The engine's options for these settings.
 *
 * @param shapes of all weights, by name: norms and biases are the vectors among them
 */
export function trainingOptions(
  { optimizer, clip_norm, ema }: Pick<OptimizationSettings, 'optimizer' | 'clip_norm' | 'ema'>,
  shapes: Readonly<Record<string, readonly number[]>>,
): TrainingOptions {
  const { decay_norms, weight_decay: weightDecay, ...rest } = optimizer;
  const vectors = Object.keys(shapes).filter((name) => shapes[name].length === 1);
  const settings: OptimizerSettings = { ...rest, weightDecay, noDecay: decay_norms ? [] : vectors };
  return {
    optimizer: settings,
    ...(clip_norm === undefined ? {} : { clipNorm: clip_norm }),
    ...(ema === undefined ? {} : { averageDecay: ema }),
  };
}

/** The learning rate of each step. @param batches steps of an epoch */
export function learningRates(
  { epochs, schedule }: Pick<OptimizationSettings, 'epochs' | 'schedule'>,
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
