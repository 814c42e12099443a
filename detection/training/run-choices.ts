import type { DetectionAugmentation, DetectionRecipe, DetectionSample, KeypointLayout } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { inNamesOf } from '../../io/config.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../io/options.ts';
import {
  type OptimizationChoices,
  optimizationKinds,
  optimizationNames,
  optimizationSettings,
} from '../../training/index.ts';
import {
  architectureNamed,
  architectureOf,
  defaultArchitecture,
  parseDetectorConfig,
} from '../architectures/architectures.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import { type DetectorHead, headSettings, withoutHeads } from './head-choices.ts';
import { checkDetectorRunSettings, type DetectorRunSettings } from './run-settings.ts';
import { type AnnotatedImages, trainingSamples } from './samples.ts';
import type { DetectorStart } from './start.ts';

/** What a person decides about the training of a detector; all else follows from the data set. */
export interface DetectorChoices extends OptimizationChoices {
  /** What is trained, by torchvision's name, such as `fasterrcnn_resnet50_fpn_v2`; by default the detector to begin from, or else a Faster R-CNN. */
  readonly arch?: string;
  /** `resnet18` … `resnet152`, `resnext50_32x4d` …; by default that of a model to begin from, or else resnet50. */
  readonly backbone?: string;
  /** To which the shorter side of an image is resized: one, or several of which one is drawn for each image. */
  readonly minSize?: readonly number[];
  readonly maxSize?: number;
  /** Batches that make one step. */
  readonly accumulate?: number;
  /** Stages of the backbone that are trained, from the last; 5 is all of it. */
  readonly trainableLayers?: number;
  /** Share of images that are mirrored; ½ by default. */
  readonly flip?: number;
  readonly colorJitter?: number;
  /** Crops that keep objects (SSD's). */
  readonly crop?: boolean;
  /** The share of images that are made of four. */
  readonly mosaic?: number;
  /** The share of images into which objects of another are pasted. */
  readonly copyPaste?: number;
  /** Scale jitter: the factor, at least and at most. */
  readonly scaleJitter?: readonly [number, number];
  readonly aspectRatioGroupFactor?: number;
  /** Class-balanced sampling: images with a category that is on less than this share of the images come more often, as LVIS's repeat factor sampling says. */
  readonly balance?: number;
  /** What is trained beside the region proposals: `box` and, in addition, `mask` or `keypoint`. By default what the model has that the run begins from, or else `box`. */
  readonly heads?: readonly DetectorHead[];
  /** Further settings of the model and of its training under torchvision's names, such as `fpn_out_channels`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const kinds: OptionKinds<DetectorChoices> = {
  ...optimizationKinds,
  arch: 'text',
  backbone: 'text',
  minSize: 'list',
  maxSize: 'number',
  accumulate: 'number',
  trainableLayers: 'number',
  flip: 'number',
  colorJitter: 'number',
  crop: 'boolean',
  mosaic: 'number',
  copyPaste: 'number',
  heads: 'list',
  scaleJitter: 'list',
  aspectRatioGroupFactor: 'number',
  balance: 'number',
  config: 'object',
};

/** torchvision's reference training of COCO: 26 epochs, drops after 16 and 22, .02 for 16 images. */
const EPOCHS = 26;
const DROPS = [16 / EPOCHS, 22 / EPOCHS];
/** A detector that begins from another has less to learn. */
const TUNING_EPOCHS = 12;
const TUNING_DROPS = [8 / TUNING_EPOCHS, 11 / TUNING_EPOCHS];
const BATCH = 2;
const [RATE, IMAGES_OF_RATE] = [0.02, 16];
const ADAMW_RATE = 1e-4;
const [WARMUP_STEPS, TUNING_WARMUP_STEPS] = [1000, 500];
const ASPECT_RATIO_GROUP_FACTOR = 3;

/** Whether a run begins from a detector, not from a backbone alone: then it is fine-tuned. */
export const isFineTuning = (start: DetectorStart | undefined): boolean => start?.model.num_classes !== undefined;

/** Decided by the data set. */
export const OF_THE_DATA = ['architecture', 'categories', 'num_classes', 'provenance'];

/**
 * The settings that choices amount to. What they leave open follows torchvision's reference training; where the run begins
 * from a detector, it has 12 epochs, with drops after 8 and 11, and a warmup of 500 steps at most.
 *
 * @param start the model that the run begins from, if any, such as `detectorStart('resnet50')` tells of it
 * @throws ResnetCocoError USAGE for an unknown choice, and for choices that exclude one another; BAD_CONFIG for a value that makes no sense;
 *   BAD_DATASET where there is nothing to train on
 */
export function detectorSettings(
  images: AnnotatedImages,
  choices: DetectorChoices = {},
  start?: DetectorStart,
): DetectorRunSettings {
  const call = 'detectorSettings';
  checkOptions(call, choices, kinds);
  checkArgument(call, 'the images', images, 'object');
  checkArgument(call, '`dataset` of the images', images.dataset, 'object');
  checkArgument(call, '`files` of the images', images.files, 'object');
  if (start !== undefined) checkArgument(call, '`model` of what it begins from', start?.model, 'object');
  return planDetectorRun(images, choices, start).settings;
}

/** The settings that choices amount to, and what there is to learn from, which they depend on. */
export function planDetectorRun(
  images: AnnotatedImages,
  choices: DetectorChoices,
  start: DetectorStart | undefined,
): { readonly settings: DetectorRunSettings; readonly samples: readonly DetectionSample[] } {
  const [epochs, drops, usualWarmup] = isFineTuning(start)
    ? [TUNING_EPOCHS, TUNING_DROPS, TUNING_WARMUP_STEPS]
    : [EPOCHS, DROPS, WARMUP_STEPS];
  const { accumulate = 1, aspectRatioGroupFactor = ASPECT_RATIO_GROUP_FACTOR, batch = BATCH } = choices;
  const names = choiceNames(choices);
  const { layout, model, training } = inNamesOf(names, () => configured(images, choices, start));
  const samples = trainingSamples(images, model, architectureOf(model).targets(model));
  const steps = Math.floor(Math.floor(samples.length / batch) / accumulate);
  // torchvision's warmup ends with the first epoch.
  const warmupSteps = choices.warmupSteps ?? Math.max(0, Math.min(usualWarmup, steps - 1));
  const rate = choices.optimizer === 'adamw' ? ADAMW_RATE : (RATE * batch * accumulate) / IMAGES_OF_RATE;
  const ofOneCycle = choices.schedule === 'one-cycle' && choices.warmupSteps === undefined;
  const settings = {
    model,
    training,
    accumulate,
    recipe: recipeOf(choices, model, layout),
    aspect_ratio_group_factor: aspectRatioGroupFactor,
    ...(choices.balance === undefined ? {} : { repeat_threshold: choices.balance }),
    ...optimizationSettings(ofOneCycle ? choices : { ...choices, warmupSteps }, { epochs, batch, rate, drops }),
  };
  return { settings: inNamesOf(names, () => checkDetectorRunSettings(settings)), samples };
}

/** By setting, the choice that it follows from. */
const CHOICE_NAMES: Readonly<Record<string, string>> = {
  ...optimizationNames,
  backbone: '`backbone`',
  min_size: '`minSize`',
  max_size: '`maxSize`',
  trainable_backbone_layers: '`trainableLayers`',
  accumulate: '`accumulate`',
  aspect_ratio_group_factor: '`aspectRatioGroupFactor`',
  repeat_threshold: '`balance`',
  'augmentations.p': '`flip`',
  'augmentations.brightness': '`colorJitter`',
  'mosaic.p': '`mosaic`',
  'copy_paste.p': '`copyPaste`',
  'scale_jitter.scale_range': '`scaleJitter`',
};

/** The names under which a caller gave settings: as choices, or in `config` where no choice overrules it. */
function choiceNames({ config = {}, maxSize, minSize, trainableLayers }: DetectorChoices): Record<string, string> {
  const overruled: Readonly<Record<string, unknown>> = {
    min_size: minSize,
    max_size: maxSize,
    trainable_backbone_layers: trainableLayers,
  };
  const fields = Object.keys(config).filter((field) => overruled[field] === undefined && field !== 'backbone');
  return { ...CHOICE_NAMES, ...Object.fromEntries(fields.map((field) => [field, `\`config\`: ${field}`])) };
}

function configured({ dataset }: AnnotatedImages, choices: DetectorChoices, start: DetectorStart | undefined) {
  const { arch, config = {}, maxSize, minSize, trainableLayers } = choices;
  const { architecture, named } = chosenArchitecture(arch, start);
  const { backbone = named?.backbone ?? start?.model.backbone ?? 'resnet50' } = choices;
  if (named && backbone !== named.backbone) {
    throw new ResnetCocoError('USAGE', `\`backbone\` is ${backbone}, but \`arch\` is ${arch}; leave one of them out`);
  }
  if (start && backbone !== start.model.backbone) {
    throw new ResnetCocoError(
      'USAGE',
      `\`${named ? 'arch' : 'backbone'}\` is ${named ? arch : backbone}, but \`init\` has the weights of a ${start.model.backbone}; leave one of them out`,
    );
  }
  const { name, parseTrainingSettings, trainingSettingNames } = architecture;
  const given = Object.entries(config).filter(([field]) => !OF_THE_DATA.includes(field));
  const ofTraining = given.filter(([field]) => trainingSettingNames.includes(field));
  const ofModel = given.filter(([field]) => !trainingSettingNames.includes(field));
  const heads = headSettings(dataset, choices.heads, { ...start?.model, ...named, ...config });
  const model = parseDetectorConfig(
    {
      // As torchvision: norms are trained where there is nothing to begin from.
      ...withoutHeads({
        ...(start?.model.num_classes === undefined ? { resize_arithmetic: 'float64' } : {}),
        ...(start ? start.model : { norm_layer: 'BatchNorm2d' }),
        ...named,
        ...Object.fromEntries(ofModel),
      }),
      ...heads.model,
      architecture: name,
      backbone,
      // With several sizes, the last is that of evaluation.
      ...(minSize ? { min_size: minSize[minSize.length - 1] } : {}),
      ...(maxSize === undefined ? {} : { max_size: maxSize }),
    },
    'training',
  );
  const training = parseTrainingSettings(
    {
      ...(start ? {} : { trainable_backbone_layers: 5 }),
      ...Object.fromEntries(ofTraining),
      ...(trainableLayers === undefined ? {} : { trainable_backbone_layers: trainableLayers }),
    },
    'training',
  );
  return { model, training, layout: heads.layout };
}

/** @throws ResnetCocoError USAGE where `arch` is unknown, or another architecture than that of the detector to begin from */
function chosenArchitecture(arch: string | undefined, start: DetectorStart | undefined) {
  const given =
    start?.model.architecture === undefined ? undefined : architectureOf({ architecture: start.model.architecture });
  if (arch === undefined) return { architecture: given ?? defaultArchitecture };
  const { architecture, config: named } = architectureNamed(arch);
  if (given && given !== architecture) {
    throw new ResnetCocoError(
      'USAGE',
      `\`arch\` is ${arch}, but \`init\` is a ${given.title(start!.model as DetectorConfig)}; leave out \`arch\`, or begin from a ${named.backbone}`,
    );
  }
  return { architecture, named };
}

function recipeOf(
  { colorJitter, copyPaste, crop, flip = 0.5, minSize, mosaic, scaleJitter }: DetectorChoices,
  { channel_order, image_mean, image_std, max_size, min_size, resize_arithmetic, resize_by }: DetectorConfig,
  layout: KeypointLayout | undefined,
): DetectionRecipe {
  const augmentations: DetectionAugmentation[] = [];
  if (colorJitter) {
    const by = { brightness: colorJitter, contrast: colorJitter, saturation: colorJitter };
    augmentations.push({ kind: 'color_jitter', ...by });
  }
  if (crop) augmentations.push({ kind: 'random_iou_crop' });
  if (flip) augmentations.push({ kind: 'random_horizontal_flip', p: flip });
  return {
    augmentations,
    min_size: minSize ?? [min_size],
    max_size,
    ...(resize_arithmetic && { resize_arithmetic }),
    ...(resize_by && { resize_by }),
    ...(layout && { keypoint_hflip_indices: layout.hflip_indices }),
    ...(mosaic ? { mosaic: { p: mosaic } } : {}),
    ...(copyPaste ? { copy_paste: { p: copyPaste } } : {}),
    ...(scaleJitter ? { scale_jitter: { scale_range: scaleJitter } } : {}),
    image_mean: [...image_mean],
    image_std: [...image_std],
    ...(channel_order && { channel_order }),
  };
}
