import type { TrainingChoices } from '../../backbone/index.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined, modelValue } from '../terminal/shared-flags.ts';
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

/** Flags of `train backbone`. Those without a default follow from the data set or from the resumed run. */
export const trainingFlags = {
  dataset: {
    kind: 'text',
    value: 'DATASET',
    help: 'cifar10:DIR, cifar100:DIR, or imagefolder:DIR (one folder per class, or train and val with such folders)',
  },
  val: {
    kind: 'text',
    value: 'DATASET',
    help: 'the evaluation set (default: test images of CIFAR, val or test of a folder)',
  },
  'val-fraction': {
    kind: 'number',
    value: 'F',
    min: 0.001,
    max: 0.999,
    help: 'hold out this share of the images of each class for evaluation instead, such as 0.1, drawn with --seed; validation.json of the run lists them',
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
    help: 'resnet18, 34, 50, 101, 152; resnext50_32x4d, wide_resnet50_2, resnet50d, seresnet50, ecaresnet50t and others that torchvision and timm name; resnet20, 32, 44, 56, 110 … for small images; plain18, plain20 … without shortcuts (default resnet20 for CIFAR, else resnet50)',
  },
  shortcut: {
    kind: 'choice',
    group: network,
    choices: ['A', 'B', 'C'],
    help: 'where shapes differ: zeros (A), projections (B), or projections everywhere (C) (default A for small images, else B)',
  },
  init: {
    kind: 'text',
    group: network,
    value: modelValue,
    help: 'start from the weights of a model, with a new head if the number of classes differs',
  },
  freeze: {
    kind: 'integer',
    group: network,
    value: 'N',
    min: 0,
    max: 4,
    help: 'do not train the stem and the first N stages',
  },
  'zero-gamma': { kind: 'boolean', group: network, help: 'start every residual block as its shortcut' },

  ...ofOptimization,
  epochs: { ...ofOptimization.epochs, help: 'default 164 for CIFAR, else 90' },
  batch: {
    ...ofOptimization.batch,
    help: 'images per step; images that do not fill a batch are left out of the epoch (default 128 for CIFAR, else 32)',
  },
  lr: {
    ...ofOptimization.lr,
    help: 'highest learning rate (default auto: linear in the batch, 0.1 × batch / 128 for CIFAR, else / 256; 0.001 for adamw; a tenth with --init)',
  },
  milestones: {
    ...ofOptimization.milestones,
    help: 'epochs after which it drops to a tenth, such as 82,123 (default ½ and ¾ of the run for CIFAR, else ⅓ and ⅔)',
  },
  'label-smoothing': {
    kind: 'number',
    group: optimization,
    value: 'S',
    min: 0,
    max: 1,
    help: 'share of the target that is spread over all classes',
  },

  loss: {
    kind: 'choice',
    group: optimization,
    choices: ['ce', 'bce'],
    help: 'cross-entropy (default), or binary cross-entropy of each class',
  },
  'stochastic-depth': {
    kind: 'number',
    group: optimization,
    value: 'P',
    min: 0,
    max: 0.99,
    help: 'probability with which the last residual block is left out for an image, such as 0.1; it rises from 0 at the first',
  },
  balance: { kind: 'boolean', group: optimization, help: 'show each class as often as the others' },
  repeats: {
    kind: 'integer',
    group: optimization,
    value: 'N',
    min: 1,
    max: 100,
    help: 'repeated augmentation: each image N times in a batch, and an Nth of the images in an epoch, such as 3',
  },

  augment: {
    kind: 'choice',
    group: pictures,
    choices: ['none', 'basic', 'randaugment', 'trivialaugment'],
    help: 'augmentation of the images; basic, the default, crops at random and flips',
  },
  'crop-scale': {
    kind: 'number',
    group: pictures,
    value: 'S',
    min: 0.01,
    max: 1,
    help: "smallest share of an image's area that a random crop shows (default 0.08); use more for short trainings",
  },
  ...colorJitterFlag,
  erase: {
    kind: 'number',
    group: pictures,
    value: 'P',
    min: 0,
    max: 1,
    help: 'share of images in which a rectangle is erased',
  },
  mixup: {
    kind: 'number',
    group: pictures,
    value: 'ALPHA',
    min: 0,
    max: 1000,
    help: 'blend pairs of images, such as 0.2',
  },
  cutmix: {
    kind: 'number',
    group: pictures,
    value: 'ALPHA',
    min: 0,
    max: 1000,
    help: 'paste a part of another image, such as 1',
  },
  size: {
    kind: 'integer',
    group: pictures,
    value: 'N',
    min: 1,
    max: 4096,
    help: 'side in pixels, for image folders (default 224)',
  },
  cache: { kind: 'text', group: pictures, value: 'DIR', help: 'keep decoded images there for later epochs' },

  ...runFlags,
} as const satisfies FlagTable;

export type TrainingFlags = FlagValues<typeof trainingFlags>;

/** The choices of the flags. */
export function choicesOf(flags: TrainingFlags): TrainingChoices {
  const { arch, shortcut, freeze, augment, erase, mixup, cutmix, size } = flags;
  const { loss, repeats } = flags;
  return defined({
    ...optimizationChoices(flags),
    ...{ arch, shortcut, freeze, augment, erase, mixup, cutmix, size },
    ...{ loss, repeats },
    ...(flags.balance && { balance: true }),
    zeroGamma: flags['zero-gamma'],
    stochasticDepth: flags['stochastic-depth'],
    labelSmoothing: flags['label-smoothing'],
    cropScale: flags['crop-scale'],
    colorJitter: flags['color-jitter'],
  });
}
