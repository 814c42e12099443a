/** Flags of every command that trains. */

import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import type { OptimisationChoices } from '../../training/index.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined, engineFlags } from '../terminal/shared-flags.ts';

const optimisation = 'Optimisation';
const run = 'Run';

/** Of every command that trains, before its own. */
export const trainingOutputFlags = {
  resume: { kind: 'boolean', help: 'go on with the run in --out, with its own settings' },
  json: { kind: 'boolean', help: 'print what came of it as JSON to stdout' },
} as const satisfies FlagTable;

export const colorJitterFlag = {
  'color-jitter': {
    kind: 'number',
    group: 'Pictures',
    value: 'J',
    min: 0,
    max: 100,
    help: 'by how much brightness, contrast and saturation vary, such as 0.4',
  },
} as const satisfies FlagTable;

/** A number of epochs, images or batches; without a default, which follows from the data set. */
export const countFlag = (max: number, help: string) =>
  ({ kind: 'integer', group: optimisation, value: 'N', min: 1, max, help }) as const;

export const optimisationFlags = {
  lr: {
    kind: 'number',
    group: optimisation,
    value: 'RATE',
    min: 0,
    max: MOST.learningRate,
    help: 'highest learning rate',
  },
  schedule: {
    kind: 'choice',
    group: optimisation,
    choices: ['steps', 'cosine', 'one-cycle', 'constant'],
    help: 'how the learning rate goes (default steps)',
  },
  milestones: {
    kind: 'text',
    group: optimisation,
    value: 'EPOCHS',
    help: 'where it drops to a tenth, such as 82,123',
  },
  warmup: {
    kind: 'number',
    group: optimisation,
    value: 'EPOCHS',
    min: 0,
    max: MOST.epochs,
    help: 'over which it rises at first',
  },
  optimiser: { kind: 'choice', group: optimisation, choices: ['sgd', 'adamw'], help: 'default sgd' },
  momentum: { kind: 'number', group: optimisation, value: 'M', min: 0, max: 1, help: 'of sgd (default 0.9)' },
  nesterov: { kind: 'boolean', group: optimisation, help: "Nesterov's momentum" },
  'weight-decay': {
    kind: 'number',
    group: optimisation,
    value: 'D',
    min: 0,
    max: MOST.decay,
    help: 'default 0.0001 for sgd, 0.01 for adamw',
  },
  'decay-norms': { kind: 'boolean', group: optimisation, default: true, help: 'no weight decay of norms and biases' },
  'clip-norm': {
    kind: 'number',
    group: optimisation,
    value: 'N',
    min: 0,
    max: MOST.norm,
    help: 'greatest norm of the gradients',
  },
  ema: {
    kind: 'number',
    group: optimisation,
    value: 'DECAY',
    min: 0,
    max: 1,
    help: 'keep a moving average of the weights, such as 0.999: it is evaluated, and is the model',
  },
} as const satisfies FlagTable;

export const runFlags = {
  'eval-every': { kind: 'integer', group: run, value: 'EPOCHS', min: 1, max: MOST.epochs, help: 'default 1' },
  'checkpoint-minutes': {
    kind: 'number',
    group: run,
    value: 'N',
    min: 0,
    max: 1e5,
    help: 'from one checkpoint to the next within an epoch; there is one after each epoch (default 5)',
  },
  seed: { kind: 'integer', group: run, value: 'N', min: 0, help: 'of all that is random (default 0)' },
  engine: { ...engineFlags.engine, group: run },
  threads: { ...engineFlags.threads, group: run },
  workers: { kind: 'integer', group: run, value: 'N', min: 1, max: 256, help: 'threads that make batches' },
} as const satisfies FlagTable;

/** Flags that say where and how fast, not what: they are not kept with a run. */
const ofTheMachine: readonly string[] = ['out', 'resume', 'json', 'workers', 'engine', 'threads'];

/** What was said of the run: flags of `table` that were given, by name. */
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

type OptimisationFlags = FlagValues<typeof optimisationFlags> &
  Pick<FlagValues<typeof runFlags>, 'eval-every' | 'seed'>;

/** What the flags choose, whatever is trained. */
export function optimisationChoices(flags: OptimisationFlags): OptimisationChoices {
  const { ema, lr, momentum, nesterov, optimiser, schedule, seed, warmup } = flags;
  return defined({
    ...{ ema, lr, momentum, nesterov, optimiser, schedule, seed, warmup },
    milestones: flags.milestones === undefined ? undefined : readMilestones(flags.milestones),
    weightDecay: flags['weight-decay'],
    decayNorms: flags['decay-norms'],
    clipNorm: flags['clip-norm'],
    evaluateEvery: flags['eval-every'],
  });
}

/** @throws ResnetCocoError USAGE for what is no list of epochs */
function readMilestones(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const wellFormed = parts.every((part) => /^\d+(\.\d+)?$/.test(part));
  if (wellFormed) return parts.map(Number);
  throw new ResnetCocoError('USAGE', `--milestones wants epochs such as 82,123, got '${text}'`);
}
