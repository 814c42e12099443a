import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { checkOptions, type OptionKinds } from '../../io/options.ts';

/** The learning rate of a step. Steps are counted from 0. */
export type Schedule = (step: number) => number;

/** A schedule of the learning rate and its settings. */
export interface ScheduleSettings {
  readonly kind: 'constant' | 'steps' | 'cosine' | 'one-cycle';
  /** The highest learning rate. */
  readonly rate: number;
  /** Number of steps in the whole run. */
  readonly total: number;
  /** Steps of linear warmup from a thousandth of the rate. Not for one-cycle. */
  readonly warmup?: number;
  /** For `steps`: at each of these steps the rate is multiplied by `gamma`. */
  readonly milestones?: readonly number[];
  readonly gamma?: number;
}

const kinds: OptionKinds<ScheduleSettings> = {
  kind: ['constant', 'steps', 'cosine', 'one-cycle'],
  rate: 'checked',
  total: 'checked',
  warmup: 'checked',
  milestones: 'list',
  gamma: 'checked',
};

/** A gamma above 1, by which the rate grows, is unusual already. */
const MOST_GAMMA = 1000;
const WARMUP_START = 1e-3;
/** torch's OneCycleLR: the share of the run in which the rate rises, and the divisors of its start and end. */
const [RISE, START_DIVISOR, END_DIVISOR] = [0.3, 25, 1e4];

const cosine = (from: number, to: number, progress: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * progress));

/**
 * Creates a schedule: `steps` as torch's MultiStepLR, `cosine` as CosineAnnealingLR down to 0 (after the warmup),
 * `one-cycle` as OneCycleLR with its usual settings (Smith and Topin 2018). The rate is constant after the last step.
 *
 * @throws USAGE when a setting is unknown or missing
 * @throws BAD_CONFIG when a setting is out of range; the message names it
 */
export function createSchedule(settings: ScheduleSettings): Schedule {
  checkOptions('createSchedule', settings, kinds, ['kind', 'rate', 'total']);
  checkSettings(settings);
  const { gamma = 0.1, kind, milestones = [], rate, total, warmup = 0 } = settings;
  if (kind === 'one-cycle') return oneCycle(rate, total);
  const after: Schedule = (step) => {
    if (kind === 'steps') return rate * gamma ** milestones.filter((milestone) => step >= milestone).length;
    if (kind === 'cosine') return cosine(rate, 0, Math.min(1, (step - warmup) / Math.max(1, total - warmup)));
    return rate;
  };
  return (step) => {
    if (step >= warmup) return after(step);
    return after(warmup) * (WARMUP_START + ((1 - WARMUP_START) * step) / warmup);
  };
}

function oneCycle(rate: number, total: number): Schedule {
  const top = RISE * total - 1;
  const start = rate / START_DIVISOR;
  return (step) => {
    if (step <= top) return cosine(start, rate, step / top);
    return cosine(rate, start / END_DIVISOR, Math.min(1, (step - top) / (total - 1 - top)));
  };
}

function checkSettings({ gamma = 0.1, kind, milestones = [], rate, total, warmup = 0 }: ScheduleSettings): void {
  const check = (setting: string, value: unknown, holds: boolean, wanted: string) => {
    if (!holds) throw new ResnetCocoError('BAD_CONFIG', `schedule: ${setting} must be ${wanted}, not ${value}`);
  };
  check('rate', rate, rate > 0 && rate <= MOST.libraryRate, `a number above 0, at most ${MOST.libraryRate}`);
  check(
    'total',
    total,
    Number.isInteger(total) && total > 0 && total <= MOST.steps,
    `a whole number of steps, at most ${MOST.steps}`,
  );
  check('warmup', warmup, Number.isInteger(warmup) && warmup >= 0, 'a whole number of steps');
  check('warmup', warmup, warmup <= total, `at most the ${total} steps of the run`);
  if (kind === 'one-cycle') check('warmup', warmup, warmup === 0, 'left out for one-cycle, which rises by itself');
  if (kind !== 'steps') return;
  check('gamma', gamma, gamma > 0 && gamma <= MOST_GAMMA, `a number above 0, at most ${MOST_GAMMA}`);
  const ascending = milestones.every(
    (milestone, i) => Number.isInteger(milestone) && milestone >= (milestones[i - 1] ?? 0),
  );
  check('milestones', milestones, ascending, 'whole numbers of steps, in ascending order');
}
