import { ResnetCocoError } from '../../errors.ts';
import { inNamesOf } from '../../io/config.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../io/options.ts';
import {
  type OptimizationChoices,
  optimizationKinds,
  optimizationNames,
  optimizationSettings,
} from '../../training/index.ts';
import { type ClassifierConfig, IMAGENET_MEAN, IMAGENET_STD, preparationOf } from '../classifier-config.ts';
import { type AugmentationChoices, trainingRecipe } from './augmentation.ts';
import { type Network, networkNamed } from './network.ts';
import { checkTrainingSettings, type TrainingSettings } from './settings.ts';

/** What a user chooses about a training run. Everything else follows from the data set. */
export interface TrainingChoices extends AugmentationChoices, OptimizationChoices {
  /** Such as `resnet20`. Default: that of the initial model, else resnet20 for CIFAR and resnet50 for folders. */
  readonly arch?: string;
  readonly shortcut?: 'A' | 'B' | 'C';
  readonly freeze?: number;
  readonly zeroGamma?: boolean;
  /** Binary cross-entropy of each class instead of cross-entropy. */
  readonly loss?: 'ce' | 'bce';
  /** Stochastic depth: the probability with which the last residual block is left out for an image. Default 0. */
  readonly stochasticDepth?: number;
}

const kinds: OptionKinds<TrainingChoices> = {
  ...optimizationKinds,
  arch: 'text',
  shortcut: ['A', 'B', 'C'],
  freeze: 'number',
  zeroGamma: 'boolean',
  loss: ['ce', 'bce'],
  stochasticDepth: 'number',
  augment: ['none', 'basic', 'randaugment', 'trivialaugment'],
  repeats: 'number',
  balance: 'boolean',
  cropScale: 'number',
  colorJitter: 'number',
  erase: 'number',
  mixup: 'number',
  cutmix: 'number',
  labelSmoothing: 'number',
  size: 'number',
};

/** A published recipe for a kind of data set. */
interface Defaults {
  readonly arch: string;
  readonly epochs: number;
  readonly batch: number;
  /** The batch size for which SGD's learning rate is 0.1. The rate is proportional to the batch size. */
  readonly batchOfTenth: number;
  /** The shares of the run after which the learning rate drops. */
  readonly drops: readonly number[];
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/** §4.2 of the paper: 64,000 steps, with drops after half and three quarters of them. */
const CIFAR = { arch: 'resnet20', epochs: 164, batch: 128, batchOfTenth: 128, drops: [1 / 2, 3 / 4] };
const DEFAULTS: Readonly<Record<string, Defaults>> = {
  cifar10: { ...CIFAR, image_mean: [0.4914, 0.4822, 0.4465], image_std: [0.247, 0.2435, 0.2616] },
  cifar100: { ...CIFAR, image_mean: [0.5071, 0.4865, 0.4409], image_std: [0.2673, 0.2564, 0.2762] },
};
/** torchvision's reference training of ImageNet. */
const FOLDER: Defaults = {
  arch: 'resnet50',
  epochs: 90,
  batch: 32,
  batchOfTenth: 256,
  drops: [1 / 3, 2 / 3],
  image_mean: IMAGENET_MEAN,
  image_std: IMAGENET_STD,
};

/** Names of data sets. */
const DATASETS = [...Object.keys(DEFAULTS), 'imagefolder'];

const ADAMW_RATE = 1e-3;
/** The share of the usual learning rate with which trained weights are fine-tuned. */
const FINE_TUNING = 0.1;

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

/**
 * Makes settings of choices. Defaults follow the paper for CIFAR, and torchvision's reference training for other data.
 *
 * @param dataset its name: `cifar10`, `cifar100`, or `imagefolder` for all others
 * @param init the configuration of the model that the run begins from, if any
 * @throws ResnetCocoError USAGE for an unknown data set or choice, and for choices that exclude one another; BAD_CONFIG
 *   for a value that makes no sense
 */
export function trainingSettings(
  dataset: string,
  choices: TrainingChoices = {},
  init?: ClassifierConfig,
): TrainingSettings {
  const call = 'trainingSettings';
  checkArgument(call, 'the data set', dataset, DATASETS);
  checkOptions(call, choices, kinds);
  if (init !== undefined) checkArgument(call, 'the configuration to begin from', init, 'object');
  const smallImages = Object.hasOwn(DEFAULTS, dataset);
  const defaults = smallImages ? DEFAULTS[dataset] : FOLDER;
  const { batch = defaults.batch, freeze, zeroGamma: zero_gamma } = choices;
  if (zero_gamma && init) throw usage('`zeroGamma` applies to new weights only: leave it out, or leave out `init`');
  if (freeze !== undefined && !init) throw usage('`freeze` keeps weights of the initial model: name one with `init`');
  const { shortcut, ...network } = networkOf(choices, init, defaults.arch, smallImages);
  if (choices.shortcut && shortcut === 'none') {
    throw usage(`\`shortcut\` ${choices.shortcut}: ${network.architecture} has none; leave it out, or name a resnet`);
  }
  if (choices.stochasticDepth && shortcut === 'none') {
    throw usage(`\`stochasticDepth\` leaves out residual branches: ${network.architecture} has none; leave it out`);
  }
  if (choices.balance && (choices.repeats ?? 1) > 1) {
    throw usage('`balance` and `repeats` both decide how often an image comes: leave one of them out');
  }
  const { image_mean, image_std } = init ?? defaults;
  const { recipe, resize_size } = trainingRecipe(choices, { smallImages, image_mean, image_std, init });
  const settings = {
    ...network,
    shortcut: choices.shortcut ?? shortcut,
    recipe,
    resize_size,
    ...preparationOf(init),
    ...optimizationSettings(choices, {
      epochs: defaults.epochs,
      batch,
      rate: usualRate(choices, batch / defaults.batchOfTenth, init !== undefined),
      drops: defaults.drops,
    }),
    ...(freeze === undefined ? {} : { freeze }),
    ...(zero_gamma ? { zero_gamma } : {}),
    ...(choices.loss === 'bce' ? { loss: 'bce' } : {}),
    ...(choices.stochasticDepth ? { stochastic_depth: choices.stochasticDepth } : {}),
  };
  return inNamesOf(CHOICE_NAMES, () => checkTrainingSettings(settings));
}

/** By setting, the choice that it follows from. */
const CHOICE_NAMES: Readonly<Record<string, string>> = {
  ...optimizationNames,
  architecture: '`arch`',
  shortcut: '`shortcut`',
  freeze: '`freeze`',
  zero_gamma: '`zeroGamma`',
  stochastic_depth: '`stochasticDepth`',
  repeats: '`repeats`',
  size: '`size`',
  resize_size: '`size`',
  'augmentations.scale': '`cropScale`',
  'augmentations.brightness': '`colorJitter`',
  'random_erasing.p': '`erase`',
  mixup_alpha: '`mixup`',
  cutmix_alpha: '`cutmix`',
  label_smoothing: '`labelSmoothing`',
};

function networkOf(
  { arch }: TrainingChoices,
  init: ClassifierConfig | undefined,
  byDefault: string,
  smallImages: boolean,
): Network {
  if (init && (arch === undefined || arch === init.architecture)) {
    const { architecture, stem, shortcut, stride_on } = init;
    return { architecture, stem, shortcut, stride_on };
  }
  return networkNamed(arch ?? byDefault, { smallImages });
}

function usualRate({ optimizer = 'sgd' }: TrainingChoices, batchShare: number, isFineTuning: boolean): number {
  return (optimizer === 'sgd' ? 0.1 * batchShare : ADAMW_RATE) * (isFineTuning ? FINE_TUNING : 1);
}
