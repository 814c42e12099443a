import { ResnetCocoError } from '../errors.ts';

/** What a person decides about how a network is trained, whatever it is. */
export interface OptimisationChoices {
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly schedule?: 'steps' | 'cosine' | 'one-cycle' | 'constant';
  /** In epochs, as `warmup` is. */
  readonly milestones?: readonly number[];
  readonly warmup?: number;
  /** Where there is no `warmup`. */
  readonly warmupSteps?: number;
  readonly optimiser?: 'sgd' | 'adamw';
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly decayNorms?: boolean;
  readonly clipNorm?: number;
  readonly ema?: number;
  readonly evaluateEvery?: number;
  readonly seed?: number;
}

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

/** @throws ResnetCocoError USAGE for choices that exclude one another */
export function optimiserOf(choices: OptimisationChoices) {
  const { decayNorms = true, momentum, nesterov = false, optimiser, weightDecay } = choices;
  if (optimiser === 'adamw') {
    if (momentum !== undefined || nesterov) {
      throw usage(`${nesterov ? '--nesterov' : '--momentum'} is of SGD: leave it out, or use --optimiser sgd`);
    }
    return { kind: 'adamw', weight_decay: weightDecay ?? 0.01, decay_norms: decayNorms };
  }
  if (nesterov && momentum === 0) throw usage('--nesterov needs a --momentum above 0');
  return {
    kind: 'sgd',
    momentum: momentum ?? 0.9,
    nesterov,
    weight_decay: weightDecay ?? 1e-4,
    decay_norms: decayNorms,
  };
}

/**
 * @param rate the highest
 * @param drops where it drops unless the choices say, as shares of the run
 * @throws ResnetCocoError USAGE for choices that exclude one another
 */
export function scheduleOf(
  { milestones, schedule: kind = 'steps', warmup, warmupSteps }: OptimisationChoices,
  rate: number,
  epochs: number,
  drops: readonly number[],
): object {
  if (milestones && kind !== 'steps') {
    throw usage(`--milestones are of --schedule steps, not ${kind}: leave them out, or use steps`);
  }
  if (kind === 'one-cycle') {
    if (warmup !== undefined || warmupSteps)
      throw usage('--schedule one-cycle warms up by itself: leave out --warmup, or use cosine');
    return { kind, rate };
  }
  if (warmup !== undefined && warmup >= epochs) {
    throw usage(`--warmup ${warmup} takes the whole run of ${epochs} epochs; make it shorter`);
  }
  const inSteps = warmupSteps === undefined || warmup !== undefined ? {} : { warmup_steps: warmupSteps };
  const common = { kind, rate, warmup: warmup ?? 0, ...inSteps };
  if (kind !== 'steps') return common;
  return { ...common, milestones: milestones ?? drops.map((share) => Math.round(share * epochs)) };
}
