/** What was measured at a step of a training run, as its log has it. */
export interface TrainingEntry {
  /** On images that the run learns from, or on those that it is evaluated on. */
  readonly split: 'train' | 'val';
  readonly step: number;
  /** Epochs done, with a fraction within one. */
  readonly epoch: number;
  /** By name, such as `loss`, `top1`, `AP`, `learning_rate`, `images_per_second`; accuracies in 0–1. */
  readonly values: Readonly<Record<string, number>>;
}

/** A run of training, as its page shows it. */
export interface TrainingRun {
  readonly name: string;
  readonly log: readonly TrainingEntry[];
  /** What it was begun with. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What the evaluation of a run is judged by: the first of these that it has. */
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
