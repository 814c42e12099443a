/** Flags of every command that trains. */

import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { type OptimizationChoices, optimizationOptions } from '../../training/index.ts';
import type { FlagTable } from '../terminal/flags.ts';
import { defined, engineFlags } from '../terminal/shared-flags.ts';

const run = 'Run';

/** The first flags of every command that trains. */
export const trainingOutputFlags = {
  resume: { kind: 'boolean', help: 'resume the run in --out, with its own settings' },
  json: { kind: 'boolean', help: 'print the result as JSON to stdout' },
} as const satisfies FlagTable;

export const colorJitterFlag = {
  'color-jitter': {
    kind: 'number',
    group: 'Pictures',
    value: 'J',
    min: 0,
    max: 100,
    help: 'how much brightness, contrast and saturation vary, such as 0.4',
  },
} as const satisfies FlagTable;

const { 'eval-every': evalEvery, seed, ...optimization } = optimizationOptions;

/** The last flags of every command that trains. Commands extend the help of some. */
export const optimizationFlags = {
  ...optimization,
  lr: { kind: 'text', group: optimization.lr.group, value: 'RATE|auto', help: 'highest learning rate' },
} as const satisfies FlagTable;

export const runFlags = {
  'eval-every': evalEvery,
  'checkpoint-minutes': {
    kind: 'number',
    group: run,
    value: 'N',
    min: 0,
    max: 1e5,
    help: 'time between checkpoints within an epoch; one is always written after each epoch (default 5)',
  },
  patience: {
    kind: 'integer',
    group: run,
    value: 'EPOCHS',
    min: 1,
    max: 1e6,
    help: 'end the run when this many epochs have passed since the best evaluation; the model has the best weights',
  },
  time: {
    kind: 'text',
    group: run,
    value: 'TIME',
    help: 'end the run within this time, such as 2h, 90m or 1h30m; no epoch is started that would take longer',
  },
  seed,
  engine: { ...engineFlags.engine, group: run },
  threads: { ...engineFlags.threads, group: run },
  workers: { kind: 'integer', group: run, value: 'N', min: 1, max: 256, help: 'threads that make batches' },
} as const satisfies FlagTable;

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, min: 60, s: 1 };

/** When a run ends early, by its flags. @throws ResnetCocoError USAGE when the time is none */
export function limitsOf({
  patience,
  time,
}: {
  readonly patience: number | undefined;
  readonly time: string | undefined;
}) {
  const parts = [...(time ?? '').matchAll(/(\d+\.?\d*|\.\d+)(h|min|m|s)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit], 0);
  if (time !== undefined && (parts.map(([part]) => part).join('') !== time || !(seconds > 0))) {
    throw new ResnetCocoError('USAGE', `--time wants a time such as 2h, 90m or 1h30m, got '${time}'`);
  }
  return defined({ patience, seconds: time === undefined ? undefined : seconds });
}

/** Flags that do not change the result. They are not stored with a run. */
const ofTheMachine: readonly string[] = ['out', 'resume', 'json', 'workers', 'engine', 'threads'];

/** The flags of `table` that were given, by name. */
export function givenFlags(
  table: FlagTable,
  flags: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> {
  const given = Object.entries(flags).filter(([name, value]) => {
    const flag = table[name];
    if (flag === undefined || ofTheMachine.includes(name) || value === undefined) return false;
    return flag.kind === 'boolean' ? value !== (flag.default ?? false) : true;
  });
  return Object.fromEntries(given) as Record<string, string | number | boolean>;
}

/** The choices of the flags of every training. */
export function optimizationChoices(
  flags: Readonly<Record<string, unknown>> & { readonly milestones: string | undefined },
): OptimizationChoices {
  const { milestones } = flags;
  const lr = rateOf(flags.lr);
  const chosen = Object.entries(optimizationOptions).map(([flag, { choice }]) => [choice, flags[flag]]);
  return defined({
    ...Object.fromEntries(chosen),
    lr,
    milestones: milestones === undefined ? undefined : readMilestones(milestones),
  });
}

/**
 * A learning rate; undefined for `auto`, the usual one. Runs of older releases store a number.
 *
 * @throws ResnetCocoError USAGE when it is neither
 */
function rateOf(lr: unknown): number | undefined {
  if (lr === undefined || lr === 'auto') return undefined;
  const rate = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(`${lr}`) ? Number(lr) : Number.NaN;
  if (rate <= MOST.learningRate) return rate;
  throw new ResnetCocoError('USAGE', `--lr wants a number from 0 to ${MOST.learningRate}, or auto, got '${lr}'`);
}

/** @throws ResnetCocoError USAGE when it is not a list of epochs */
function readMilestones(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const wellFormed = parts.every((part) => /^\d+(\.\d+)?$/.test(part));
  if (wellFormed) return parts.map(Number);
  throw new ResnetCocoError('USAGE', `--milestones wants epochs such as 82,123, got '${text}'`);
}
