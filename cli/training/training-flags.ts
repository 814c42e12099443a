import type { TrainingChoices } from '../../backbone/index.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined } from '../terminal/shared-flags.ts';
import {
  colorJitterFlag,
  optimizationChoices,
  optimizationFlags,
  runFlags,
  trainingOutputFlags,
} from './optimization-flags.ts';

const network = 'Network';
const optimization = 'Optimization';
const pictures = 'Pictures';

const { 'warmup-steps': _, ...ofOptimization } = optimizationFlags;

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
  ...trainingOutputFlags,

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
    max: 4,
    help: 'leave the stem and the first N stages as they are',
  },
  'zero-gamma': { kind: 'boolean', group: network, help: 'begin with every residual block as its shortcut' },

  ...ofOptimization,
  epochs: { ...ofOptimization.epochs, help: 'default 164 for CIFAR, else 90' },
  batch: {
    ...ofOptimization.batch,
    help: 'images of a step; what makes no whole batch is left out of the epoch (default 128 for CIFAR, else 32)',
  },
  lr: {
    ...ofOptimization.lr,
    help: 'highest learning rate (default 0.1 × batch / 128 for CIFAR, else / 256; 0.001 for adamw; a tenth with --init)',
  },
  milestones: {
    ...ofOptimization.milestones,
    help: 'where it drops to a tenth, such as 82,123 (default ½ and ¾ of the run for CIFAR, else ⅓ and ⅔)',
  },
  'label-smoothing': {
    kind: 'number',
    group: optimization,
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
  'crop-scale': {
    kind: 'number',
    group: pictures,
    value: 'S',
    min: 0.01,
    max: 1,
    help: "least share of a picture's area that a random crop shows (default 0.08); more for short trainings",
  },
  ...colorJitterFlag,
  erase: { kind: 'number', group: pictures, value: 'P', min: 0, max: 1, help: 'share in which a rectangle is erased' },
  mixup: {
    kind: 'number',
    group: pictures,
    value: 'ALPHA',
    min: 0,
    max: 1000,
    help: 'blend two pictures, such as 0.2',
  },
  cutmix: {
    kind: 'number',
    group: pictures,
    value: 'ALPHA',
    min: 0,
    max: 1000,
    help: 'paste a part of another, such as 1',
  },
  size: {
    kind: 'integer',
    group: pictures,
    value: 'N',
    min: 1,
    max: 4096,
    help: 'side in pixels, of image folders (default 224)',
  },
  cache: { kind: 'text', group: pictures, value: 'DIR', help: 'keep decoded pictures there, for the epochs to come' },

  ...runFlags,
} as const satisfies FlagTable;

export type TrainingFlags = FlagValues<typeof trainingFlags>;

/** What the flags choose. */
export function choicesOf(flags: TrainingFlags): TrainingChoices {
  const { arch, shortcut, freeze, augment, erase, mixup, cutmix, size } = flags;
  return defined({
    ...optimizationChoices(flags),
    ...{ arch, shortcut, freeze, augment, erase, mixup, cutmix, size },
    zeroGamma: flags['zero-gamma'],
    labelSmoothing: flags['label-smoothing'],
    cropScale: flags['crop-scale'],
    colorJitter: flags['color-jitter'],
  });
}
