import { BACKBONES } from '../../backbone/index.ts';
import type { DetectorChoices } from '../../detection/index.ts';
import { type DetectorHead, detectorHeads } from '../../detection/training/head-choices.ts';
import { OF_THE_DATA } from '../../detection/training/run-choices.ts';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { readSettingsFile } from '../../io/json/settings-file.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined, modelValue } from '../terminal/shared-flags.ts';
import {
  colorJitterFlag,
  optimizationChoices,
  optimizationFlags,
  runFlags,
  trainingOutputFlags,
} from './optimization-flags.ts';

const data = 'Data';
const network = 'Network';
const pictures = 'Pictures';

const { batch, epochs, ...restOfOptimization } = optimizationFlags;

/** Flags of `train detector`. Those without a default follow from the data set or from the resumed run. */
export const detectorTrainingFlags = {
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'folder of the run: checkpoints, model, log, page (default runs/detector-BACKBONE)',
  },
  ...trainingOutputFlags,

  annotations: {
    kind: 'text',
    group: data,
    value: 'PATH',
    help: "COCO's JSON, a folder of Pascal VOC, or YOLO's data.yaml",
  },
  images: { kind: 'text', group: data, value: 'DIR', help: 'the folder of images, if it is not in its usual place' },
  split: { kind: 'text', group: data, value: 'NAME', help: 'the part to train on, such as train, of VOC and YOLO' },
  'val-annotations': {
    kind: 'text',
    group: data,
    value: 'PATH',
    help: 'the evaluation set (default: --annotations, with --val-split)',
  },
  'val-images': { kind: 'text', group: data, value: 'DIR', help: 'their folder' },
  'val-split': { kind: 'text', group: data, value: 'NAME', help: 'the part to evaluate on, such as val' },
  'val-fraction': {
    kind: 'number',
    group: data,
    value: 'F',
    min: 0.001,
    max: 0.999,
    help: 'hold out this share of the images for evaluation instead, such as 0.2, drawn with --seed; validation.json of the run lists them',
  },

  arch: {
    kind: 'text',
    group: network,
    value: 'NAME',
    help: "what to train, by torchvision's name, such as fasterrcnn_resnet50_fpn_v2 or retinanet_resnet50_fpn (default that of --init, or fasterrcnn_resnet50_fpn)",
  },
  backbone: {
    kind: 'text',
    group: network,
    value: 'NAME',
    help: `${BACKBONES} (default resnet50, or that of --init)`,
  },
  init: {
    kind: 'text',
    group: network,
    value: modelValue,
    help: 'start from a detector, such as coco-mini-resnet18-fpn of the package (with a new head if categories differ), or from the backbone of a classifier',
  },
  heads: {
    kind: 'text',
    group: network,
    value: 'NAME[,NAME…]',
    help: 'box, and in addition mask or keypoint, such as box,mask: what is learned of each object (default those of the detector in --init, else box)',
  },
  'trainable-layers': {
    kind: 'integer',
    group: network,
    value: 'N',
    min: 0,
    max: 5,
    help: 'number of trained stages of the backbone, counted from the last (default 3 with --init, else all 5)',
  },
  config: {
    kind: 'text',
    group: network,
    value: 'FILE',
    help: "JSON of further settings by torchvision's names, such as fpn_out_channels, anchor_sizes, box_batch_size_per_image",
  },

  epochs: { ...epochs, help: 'number of epochs (default 26, or 12 if --init is a detector)' },
  batch: { ...batch, help: 'images per batch (default 2)' },
  accumulate: { ...batch, help: 'batches per step (default 1)' },
  ...restOfOptimization,
  lr: {
    ...restOfOptimization.lr,
    help: 'highest learning rate (default auto: linear in the batch, 0.02 × images per step / 16; 0.0001 for adamw)',
  },
  milestones: {
    ...restOfOptimization.milestones,
    help: 'epochs after which it drops to a tenth, such as 16,22 (default 16 and 22 of 26 epochs, 8 and 11 of 12, and in proportion)',
  },
  'warmup-steps': {
    ...restOfOptimization['warmup-steps'],
    help: 'the warmup in steps (default 1000, or 500 if --init is a detector, at most the first epoch)',
  },

  balance: {
    kind: 'number',
    group: data,
    value: 'SHARE',
    min: 0.000001,
    max: 1,
    help: "show images with rare categories more often: those on less than this share of the images, such as 0.1 (LVIS's repeat factor sampling)",
  },

  'min-size': {
    kind: 'text',
    group: pictures,
    value: 'N[,N…]',
    help: 'length of the shorter side; with several, one is drawn for each image, and the last is for evaluation (default: that of the detector in --init, see models info; else 800)',
  },
  'max-size': {
    kind: 'integer',
    group: pictures,
    value: 'N',
    min: 1,
    max: MOST.side,
    help: 'maximum length of the longer side (default: that of the detector in --init, else 1333)',
  },
  flip: {
    kind: 'number',
    group: pictures,
    value: 'P',
    min: 0,
    max: 1,
    help: 'share of images that are mirrored (default 0.5)',
  },
  'scale-jitter': {
    kind: 'text',
    group: pictures,
    value: 'LOW,HIGH',
    help: 'resize by a random factor, such as 0.1,2, and crop larger images',
  },
  mosaic: {
    kind: 'number',
    group: pictures,
    value: 'P',
    min: 0,
    max: 1,
    help: 'share of images that are made of four, with the objects of all',
  },
  'copy-paste': {
    kind: 'number',
    group: pictures,
    value: 'P',
    min: 0,
    max: 1,
    help: 'share of images into which objects of another are pasted, by their masks if masks are learned, else by their boxes',
  },
  crop: { kind: 'boolean', group: pictures, help: "SSD's random crops, which keep objects" },
  ...colorJitterFlag,
  'aspect-ratio-group-factor': {
    kind: 'integer',
    group: pictures,
    value: 'K',
    min: -1,
    max: 100,
    help: 'batch images of similar aspect ratio, in 2K + 2 groups; -1 for no groups (default 3)',
  },
  ...runFlags,
} as const satisfies FlagTable;

export type DetectorTrainingFlags = FlagValues<typeof detectorTrainingFlags>;

/** The choices of the flags, without the settings of `--config`. */
export function detectorChoicesOf(flags: DetectorTrainingFlags): DetectorChoices {
  const { accumulate, arch, backbone, balance, crop, flip, mosaic } = flags;
  const [minSize, scaleJitter] = [flags['min-size'], flags['scale-jitter']];
  return defined({
    ...optimizationChoices(flags),
    ...{ accumulate, arch, backbone, balance, crop, flip, mosaic },
    copyPaste: flags['copy-paste'],
    maxSize: flags['max-size'],
    heads: headsOf(flags.heads),
    trainableLayers: flags['trainable-layers'],
    colorJitter: flags['color-jitter'],
    aspectRatioGroupFactor: flags['aspect-ratio-group-factor'],
    minSize:
      minSize === undefined ? undefined : numbersOf('min-size', minSize, 'sizes such as 480,640,800', /^[1-9]\d*$/),
    scaleJitter: scaleJitter === undefined ? undefined : factorsOf(scaleJitter),
  });
}

function headsOf(text: string | undefined): readonly DetectorHead[] | undefined {
  if (text === undefined) return undefined;
  const heads = text.split(',').map((part) => part.trim());
  const areHeads = heads.every((head): head is DetectorHead => detectorHeads.includes(head as DetectorHead));
  if (areHeads && heads.includes('box')) return heads;
  throw new ResnetCocoError('USAGE', `--heads wants box and any of mask and keypoint, such as box,mask, got '${text}'`);
}

function numbersOf(flag: string, text: string, wanted: string, pattern: RegExp): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => pattern.test(part))) return parts.map(Number);
  throw new ResnetCocoError('USAGE', `--${flag} wants ${wanted}, got '${text}'`);
}

function factorsOf(text: string): readonly [number, number] {
  const wanted = 'two factors above 0, the lower first, such as 0.1,2';
  const [low, high, ...more] = numbersOf('scale-jitter', text, wanted, /^(\d+\.?\d*|\.\d+)$/);
  if (low > 0 && high >= low && !more.length) return [low, high];
  throw new ResnetCocoError('USAGE', `--scale-jitter wants ${wanted}, got '${text}'`);
}

/**
 * Reads the settings of `--config`.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_CONFIG when it is not a JSON object
 */
export async function readSettings(file: string | undefined): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (file === undefined) return undefined;
  const value = await readSettingsFile(file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ResnetCocoError('BAD_CONFIG', `${file}: must be an object of settings, such as {"fpn_out_channels": 128}`);
}

/** The settings of `--config` that do not count, and what decides them instead. */
export function ignoredSettings({ config = {}, heads, maxSize, minSize, trainableLayers }: DetectorChoices): string[] {
  const decided: Readonly<Record<string, string | undefined>> = {
    ...Object.fromEntries(OF_THE_DATA.map((field) => [field, 'the data set decides it'])),
    architecture: '--arch or --init decides it',
    provenance: 'the run writes its own',
    backbone: '--backbone, --arch or --init decides it',
    mask_head: heads && !heads.includes('mask') ? '--heads decides it' : undefined,
    keypoint_head: heads && !heads.includes('keypoint') ? '--heads decides it' : undefined,
    min_size: minSize && '--min-size decides it',
    max_size: maxSize === undefined ? undefined : '--max-size decides it',
    trainable_backbone_layers: trainableLayers === undefined ? undefined : '--trainable-layers decides it',
  };
  return Object.keys(config).flatMap((field) => (decided[field] ? [`${field} (${decided[field]})`] : []));
}
