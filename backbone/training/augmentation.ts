import type { Augmentation, TrainingRecipe } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { ClassifierConfig } from '../classifier-config.ts';

/** How training images are augmented. */
export interface AugmentationChoices {
  /**
   * `none`; `basic`, the default: random crops (for CIFAR shifts by up to 4 pixels) and flips; `randaugment`: `basic`
   * and two operations of RandAugment; `trivialaugment`: `basic` and one operation of TrivialAugment.
   */
  readonly augment?: 'none' | 'basic' | 'randaugment' | 'trivialaugment';
  /** The smallest share of an image's area that a random crop shows. Default 0.08. Not for CIFAR. */
  readonly cropScale?: number;
  /** How much brightness, contrast and saturation vary, such as 0.4. */
  readonly colorJitter?: number;
  /** The share of images in which a rectangle is erased. */
  readonly erase?: number;
  /** α of Mixup's Beta distribution. */
  readonly mixup?: number;
  /** α of CutMix's Beta distribution. */
  readonly cutmix?: number;
  readonly labelSmoothing?: number;
  /** Repeated augmentation: how often each image comes in a row, each time augmented anew. Default 1. */
  readonly repeats?: number;
  /** Show each class as often as the others. */
  readonly balance?: boolean;
  /** The side of the images in pixels. Default: that of the initial model, else 32 for CIFAR and 224 for others. */
  readonly size?: number;
}

export interface PictureKind {
  /** Whether the images are CIFAR's. */
  readonly smallImages: boolean;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly init: ClassifierConfig | undefined;
}

const CIFAR_SIDE = 32;
const IMAGENET_SIDE = 224;

/** The recipe that follows from choices, and `resize_size` of the evaluation. */
export function trainingRecipe(
  choices: AugmentationChoices,
  { image_mean, image_std, init, smallImages }: PictureKind,
): { readonly recipe: TrainingRecipe; readonly resize_size: number | null } {
  const { cutmix: cutmix_alpha, erase, labelSmoothing: label_smoothing, mixup: mixup_alpha } = choices;
  const { balance, repeats } = choices;
  if (smallImages && choices.size !== undefined && choices.size !== CIFAR_SIDE) {
    throw new ResnetCocoError(
      'USAGE',
      `\`size\` ${choices.size}: CIFAR's images have ${CIFAR_SIDE} pixels; leave it out`,
    );
  }
  const size = smallImages ? CIFAR_SIDE : (choices.size ?? init?.crop_size ?? IMAGENET_SIDE);
  const recipe: TrainingRecipe = {
    kind: 'training',
    size,
    augmentations: augmentations(choices, smallImages, init?.interpolation),
    image_mean: [...image_mean],
    image_std: [...image_std],
    ...(init?.channel_order && { channel_order: init.channel_order }),
    ...(erase ? { random_erasing: { p: erase } } : {}),
    ...(mixup_alpha === undefined ? {} : { mixup_alpha }),
    ...(cutmix_alpha === undefined ? {} : { cutmix_alpha }),
    ...(label_smoothing === undefined ? {} : { label_smoothing }),
    ...(repeats === undefined ? {} : { repeats }),
    ...(balance ? { balance } : {}),
  };
  if (smallImages) return { recipe, resize_size: null };
  const same = init?.crop_size === size;
  return { recipe, resize_size: same ? init.resize_size : Math.round((size * 8) / 7) };
}

function augmentations(
  choices: AugmentationChoices,
  small: boolean,
  interpolation: ClassifierConfig['interpolation'],
): Augmentation[] {
  const { augment = 'basic', colorJitter = 0, cropScale } = choices;
  if (cropScale !== undefined && (small || augment === 'none')) {
    const reason = small ? "CIFAR's images are shifted, not cropped" : 'without augmentation nothing is cropped';
    throw new ResnetCocoError('USAGE', `\`cropScale\` ${cropScale}: ${reason}; leave it out`);
  }
  const steps: Augmentation[] = [];
  const resizing = interpolation && { interpolation };
  if (augment === 'none') {
    // The largest centered square.
    if (!small) steps.push({ kind: 'random_resized_crop', scale: [1, 1], ratio: [1, 1], ...resizing });
  } else {
    const scale = cropScale === undefined ? {} : { scale: [cropScale, 1] };
    steps.push(small ? { kind: 'pad_and_crop', padding: 4 } : { kind: 'random_resized_crop', ...scale, ...resizing });
    steps.push({ kind: 'random_horizontal_flip' });
  }
  if (augment === 'randaugment') steps.push({ kind: 'rand_augment' });
  if (augment === 'trivialaugment') steps.push({ kind: 'trivial_augment' });
  if (colorJitter) {
    steps.push({ kind: 'color_jitter', brightness: colorJitter, contrast: colorJitter, saturation: colorJitter });
  }
  return steps;
}
