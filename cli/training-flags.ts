import type { TrainingChoices } from '../backbone/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { FlagTable, FlagValues } from './flags.ts';
import { defined, engineFlags } from './shared-flags.ts';

const network = 'Network';
const optimisation = 'Optimisation';
const pictures = 'Pictures';
const run = 'Run';

/** Flags of `train backbone`. Those without a default follow from the data set, or from a run that is resumed. */
export const trainingFlags = {
  dataset: {
    kind: 'text',
    value: 'DATASET',
    help: 'cifar10:DIR, cifar100:DIR, or imagefolder:DIR (one folder per class, or train and val with such folders)',
  },
  val: {
    kind: 'text',
    value: 'DATASET',
    help: 'what to evaluate on (default: test images of CIFAR, val or test of a folder)',
  },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'folder of the run: checkpoints, model, log, page (default runs/ARCH-DATASET)',
  },
  resume: { kind: 'boolean', help: 'go on with the run in --out, with its own settings' },
  json: { kind: 'boolean', help: 'print what came of it as JSON to stdout' },

  arch: {
    kind: 'text',
    group: network,
    value: 'NAME',
    help: 'resnet18, 34, 50, 101, 152, or resnet20, 32, 44, 56, 110 … for small pictures; plain18, plain20 … without shortcuts (default resnet20 for CIFAR, else resnet50)',
  },
  shortcut: {
    kind: 'choice',
    group: network,
    choices: ['A', 'B', 'C'],
    help: 'where shapes differ: zeros, projections, or projections everywhere (default A for small pictures, else B)',
  },
  init: {
    kind: 'text',
    group: network,
    value: 'NAME|FILE',
    help: 'begin from the weights of a model; where classes differ in number, with a new head',
  },
  freeze: {
    kind: 'integer',
    group: network,
    value: 'N',
    min: 0,
    help: 'leave the stem and the first N stages as they are',
  },
  'zero-gamma': { kind: 'boolean', group: network, help: 'begin with every residual block as its shortcut' },

  epochs: { kind: 'integer', group: optimisation, value: 'N', min: 1, help: 'default 164 for CIFAR, else 90' },
  batch: {
    kind: 'integer',
    group: optimisation,
    value: 'N',
    min: 1,
    help: 'images of a step; what makes no whole batch is left out of the epoch (default 128 for CIFAR, else 32)',
  },
  lr: {
    kind: 'number',
    group: optimisation,
    value: 'RATE',
    min: 0,
    help: 'highest learning rate (default 0.1 × batch / 128 for CIFAR, else / 256; 0.001 for adamw; a tenth with --init)',
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
    help: 'where it drops to a tenth, such as 82,123 (default ½ and ¾ of the run for CIFAR, else ⅓ and ⅔)',
  },
  warmup: { kind: 'number', group: optimisation, value: 'EPOCHS', min: 0, help: 'over which it rises at first' },
  optimiser: { kind: 'choice', group: optimisation, choices: ['sgd', 'adamw'], help: 'default sgd' },
  momentum: { kind: 'number', group: optimisation, value: 'M', min: 0, max: 1, help: 'of sgd (default 0.9)' },
  nesterov: { kind: 'boolean', group: optimisation, help: "Nesterov's momentum" },
  'weight-decay': {
    kind: 'number',
    group: optimisation,
    value: 'D',
    min: 0,
    help: 'default 0.0001 for sgd, 0.01 for adamw',
  },
  'decay-norms': { kind: 'boolean', group: optimisation, default: true, help: 'no weight decay of norms and biases' },
  'clip-norm': { kind: 'number', group: optimisation, value: 'N', min: 0, help: 'greatest norm of the gradients' },
  ema: {
    kind: 'number',
    group: optimisation,
    value: 'DECAY',
    min: 0,
    max: 1,
    help: 'keep a moving average of the weights, such as 0.999: it is evaluated, and is the model',
  },
  'label-smoothing': {
    kind: 'number',
    group: optimisation,
    value: 'S',
    min: 0,
    max: 1,
    help: 'share of the target that all classes get',
  },

  augment: {
    kind: 'choice',
    group: pictures,
    choices: ['none', 'basic', 'randaugment'],
    help: 'how pictures are varied; basic, the default, crops at random and flips',
  },
  'color-jitter': {
    kind: 'number',
    group: pictures,
    value: 'J',
    min: 0,
    help: 'by how much brightness, contrast and saturation vary, such as 0.4',
  },
  erase: { kind: 'number', group: pictures, value: 'P', min: 0, max: 1, help: 'share in which a rectangle is erased' },
  mixup: { kind: 'number', group: pictures, value: 'ALPHA', min: 0, help: 'blend two pictures, such as 0.2' },
  cutmix: { kind: 'number', group: pictures, value: 'ALPHA', min: 0, help: 'paste a part of another, such as 1' },
  size: {
    kind: 'integer',
    group: pictures,
    value: 'N',
    min: 1,
    help: 'side in pixels, of image folders (default 224)',
  },
  cache: { kind: 'text', group: pictures, value: 'DIR', help: 'keep decoded pictures there, for the epochs to come' },

  'eval-every': { kind: 'integer', group: run, value: 'EPOCHS', min: 1, help: 'default 1' },
  'checkpoint-minutes': {
    kind: 'number',
    group: run,
    value: 'N',
    min: 0,
    help: 'from one checkpoint to the next within an epoch; there is one after each epoch (default 5)',
  },
  workers: { kind: 'integer', group: run, value: 'N', min: 1, help: 'threads that make batches' },
  seed: { kind: 'integer', group: run, value: 'N', min: 0, help: 'of all that is random (default 0)' },
  engine: { ...engineFlags.engine, group: run },
  threads: { ...engineFlags.threads, group: run },
} as const satisfies FlagTable;

export type TrainingFlags = FlagValues<typeof trainingFlags>;

/** Flags that say where and how fast, not what: they are not kept with a run. */
const ofTheMachine: readonly string[] = ['out', 'resume', 'json', 'workers', 'engine', 'threads'];

/** What was said of the run: flags that were given, by name. */
export function givenFlags(flags: TrainingFlags): Record<string, string | number | boolean> {
  const table: FlagTable = trainingFlags;
  const given = Object.entries(flags).filter(([name, value]) => {
    const flag = table[name];
    if (flag === undefined || ofTheMachine.includes(name) || value === undefined) return false;
    return flag.kind === 'boolean' ? value !== (flag.default ?? false) : true;
  });
  return Object.fromEntries(given) as Record<string, string | number | boolean>;
}

/** What the flags choose. */
export function choicesOf(flags: TrainingFlags): TrainingChoices {
  const { arch, shortcut, epochs, batch, lr, schedule, warmup, optimiser, momentum, nesterov } = flags;
  const { ema, freeze, seed, augment, erase, mixup, cutmix, size } = flags;
  return defined({
    ...{ arch, shortcut, epochs, batch, lr, schedule, warmup, optimiser, momentum, nesterov },
    ...{ ema, freeze, seed, augment, erase, mixup, cutmix, size },
    milestones: flags.milestones === undefined ? undefined : readMilestones(flags.milestones),
    zeroGamma: flags['zero-gamma'],
    weightDecay: flags['weight-decay'],
    decayNorms: flags['decay-norms'],
    clipNorm: flags['clip-norm'],
    evaluateEvery: flags['eval-every'],
    labelSmoothing: flags['label-smoothing'],
    colorJitter: flags['color-jitter'],
  });
}

function readMilestones(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const wellFormed = parts.every((part) => /^\d+(\.\d+)?$/.test(part));
  if (wellFormed) return parts.map(Number);
  throw new ResnetCocoError('USAGE', `--milestones wants epochs such as 82,123, got '${text}'`);
}
