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
