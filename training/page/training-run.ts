/** Values measured at a step of a training run, as in its log. */
export interface TrainingEntry {
  /** Whether they were measured on training images or on evaluation images. */
  readonly split: 'train' | 'val';
  readonly step: number;
  /** Epochs done, with a fraction within one. */
  readonly epoch: number;
  /** Values by name, such as `loss`, `top1`, `AP`, `learning_rate`, `images_per_second`. Accuracies are in 0–1. */
  readonly values: Readonly<Record<string, number>>;
}

/** A training run, as its page shows it. */
export interface TrainingRun {
  readonly name: string;
  readonly log: readonly TrainingEntry[];
  /** The settings that it was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The metric of a run is the first of these that its log has. */
const METRICS = ['AP', 'top1'] as const;

/** The best evaluation of a run; undefined before there is one. */
export function bestEvaluation(log: readonly TrainingEntry[]): { metric: string; entry: TrainingEntry } | undefined {
  for (const metric of METRICS) {
    const measured = log.filter(({ split, values }) => split === 'val' && Number.isFinite(values[metric]));
    if (!measured.length) continue;
    const entry = measured.reduce((best, one) => (one.values[metric] > best.values[metric] ? one : best));
    return { metric, entry };
  }
  return undefined;
}
