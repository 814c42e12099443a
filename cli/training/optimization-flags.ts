/** Flags of every command that trains. */

import { ResnetCocoError } from '../../errors.ts';
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
export const optimizationFlags = optimization;

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
  seed,
  engine: { ...engineFlags.engine, group: run },
  threads: { ...engineFlags.threads, group: run },
  workers: { kind: 'integer', group: run, value: 'N', min: 1, max: 256, help: 'threads that make batches' },
} as const satisfies FlagTable;

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
  const chosen = Object.entries(optimizationOptions).map(([flag, { choice }]) => [choice, flags[flag]]);
  return defined({
    ...Object.fromEntries(chosen),
    milestones: milestones === undefined ? undefined : readMilestones(milestones),
  });
}

/** @throws ResnetCocoError USAGE when it is not a list of epochs */
function readMilestones(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const wellFormed = parts.every((part) => /^\d+(\.\d+)?$/.test(part));
  if (wellFormed) return parts.map(Number);
  throw new ResnetCocoError('USAGE', `--milestones wants epochs such as 82,123, got '${text}'`);
}
