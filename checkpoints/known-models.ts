import { distance } from 'fastest-levenshtein';
import { cocoCategories } from '../datasets/known/coco-categories.ts';
import { cocoKeypoints, cocoPerson } from '../datasets/known/coco-keypoints.ts';
import { imagenetClasses } from '../datasets/known/imagenet-classes.ts';
import { ResnetCocoError } from '../errors.ts';
import { hubNameMeant } from './hub/hub-name.ts';
import type { PublishedMetric } from './published-metric.ts';

/** Official weights, and what is needed to rebuild their model. */
export interface KnownModel {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly task: 'classification' | 'detection';
  /** The name of the weight file, here and at its source. */
  readonly file: string;
  readonly url: string;
  /** The first 8 hexadecimal digits of the file's SHA-256, which are part of its name. */
  readonly hashPrefix: string;
  /** The number of trainable parameters. */
  readonly parameters: number;
  readonly metric: readonly PublishedMetric[];
  readonly license: string;
  /** The configuration, as in the metadata of a model file. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** torchvision's record of one set of weights, in `models/resnet.py` and `models/detection/`. */
interface Published {
  readonly name: string;
  readonly aliases: readonly string[];
  /** torchvision's name of the weights. */
  readonly weights: string;
  readonly file: string;
  readonly parameters: number;
}

const licenseFor = (dataset: string): string =>
  `BSD-3-Clause (torchvision); the terms of ${dataset}, which they were trained on, may apply`;

function record(
  { name, aliases, weights, file, parameters }: Published,
  task: KnownModel['task'],
  metric: readonly PublishedMetric[],
  config: object,
): KnownModel {
  const url = `https://download.pytorch.org/models/${file}`;
  const license = licenseFor(task === 'detection' ? 'COCO' : 'ImageNet');
  return {
    name,
    aliases: [...aliases, weights],
    task,
    file,
    url,
    hashPrefix: file.slice(-'01234567.pth'.length, -'.pth'.length),
    parameters,
    metric,
    license,
    config: { ...config, provenance: { weights, url, license } },
  };
}

/** torchvision's name of a network's weights, by the network's name. */
const WEIGHTS: Readonly<Record<string, string>> = {
  resnext50_32x4d: 'ResNeXt50_32X4D_Weights',
  resnext101_32x8d: 'ResNeXt101_32X8D_Weights',
  resnext101_64x4d: 'ResNeXt101_64X4D_Weights',
  wide_resnet50_2: 'Wide_ResNet50_2_Weights',
  wide_resnet101_2: 'Wide_ResNet101_2_Weights',
};
/** Networks of which torchvision has one version of weights. */
const OF_ONE_VERSION = ['resnet18', 'resnet34', 'resnext101_64x4d'];

/** @param recipe of training: the second, "new" recipe evaluates at another size */
function classifier(
  architecture: string,
  recipe: 1 | 2,
  hash: string,
  parameters: number,
  top1: number,
  top5: number,
): KnownModel {
  const weights = WEIGHTS[architecture] ?? `ResNet${architecture.slice('resnet'.length)}_Weights`;
  const isOnly = OF_ONE_VERSION.includes(architecture);
  const version = isOnly ? 1 : recipe;
  // torchvision's DEFAULT is the latest version.
  const isDefault = isOnly || version === 2;
  const versioned = `${architecture}-v${version}`;
  const timm = `${architecture}.tv${version === 1 ? '' : 2}_in1k`;
  const dataset = 'ImageNet-1K';
  return record(
    {
      name: isOnly ? architecture : versioned,
      aliases: [
        ...(isOnly ? [versioned] : isDefault ? [architecture] : []),
        timm,
        ...(isDefault ? [`${weights}.DEFAULT`] : []),
      ],
      weights: `${weights}.IMAGENET1K_V${version}`,
      file: `${architecture}-${hash}.pth`,
      parameters,
    },
    'classification',
    [
      { dataset, name: 'acc@1', value: top1 },
      { dataset, name: 'acc@5', value: top5 },
    ],
    {
      architecture,
      num_classes: imagenetClasses.length,
      categories: imagenetClasses,
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
      resize_size: recipe === 1 ? 256 : 232,
      crop_size: 224,
    },
  );
}

const detector = (published: Published, aps: Readonly<Record<string, number>>, config: object): KnownModel =>
  record(
    published,
    'detection',
    Object.entries(aps).map(([name, value]) => ({ dataset: 'COCO val2017', name: `${name} mAP`, value })),
    {
      architecture: 'fasterrcnn',
      backbone: 'resnet50',
      num_classes: 91,
      categories: cocoCategories,
      resize_arithmetic: 'float64',
      ...config,
    },
  );

/** Version 1, trained without an epsilon in its batch norms: torchvision's `overwrite_eps(model, 0.0)`. */
const VERSION_1 = { norm_layer: 'FrozenBatchNorm2d', norm_eps: 0 };
/** What torchvision's second version of a Faster R-CNN has besides. */
export const FASTER_RCNN_V2 = {
  norm_layer: 'BatchNorm2d',
  fpn_norm_layer: 'BatchNorm2d',
  rpn_conv_depth: 2,
  box_head_conv_layers: [256, 256, 256, 256],
};
/** And of a RetinaNet. */
export const RETINANET_V2 = {
  norm_layer: 'BatchNorm2d',
  use_P5: false,
  head_norm_layer: 'GroupNorm',
  box_loss_type: 'giou',
};
const PERSON = { num_classes: 2, categories: [cocoPerson], keypoint_head: { num_keypoints: cocoKeypoints.length } };

/** The ResNets and detectors that torchvision publishes. */
export const knownModels: readonly KnownModel[] = [
  classifier('resnet18', 1, 'f37072fd', 11_689_512, 69.758, 89.078),
  classifier('resnet34', 1, 'b627a593', 21_797_672, 73.314, 91.42),
  classifier('resnet50', 1, '0676ba61', 25_557_032, 76.13, 92.862),
  classifier('resnet50', 2, '11ad3fa6', 25_557_032, 80.858, 95.434),
  classifier('resnet101', 1, '63fe2227', 44_549_160, 77.374, 93.546),
  classifier('resnet101', 2, 'cd907fc2', 44_549_160, 81.886, 95.78),
  classifier('resnet152', 1, '394f9c45', 60_192_808, 78.312, 94.046),
  classifier('resnet152', 2, 'f82ba261', 60_192_808, 82.284, 96.002),
  classifier('resnext50_32x4d', 1, '7cdf4587', 25_028_904, 77.618, 93.698),
  classifier('resnext50_32x4d', 2, '1a0047aa', 25_028_904, 81.198, 95.34),
  classifier('resnext101_32x8d', 1, '8ba56ff5', 88_791_336, 79.312, 94.526),
  classifier('resnext101_32x8d', 2, '110c445d', 88_791_336, 82.834, 96.228),
  classifier('resnext101_64x4d', 2, '173b62eb', 83_455_272, 83.246, 96.454),
  classifier('wide_resnet50_2', 1, '95faca4d', 68_883_240, 78.468, 94.086),
  classifier('wide_resnet50_2', 2, '9ba9bcbe', 68_883_240, 81.602, 95.758),
  classifier('wide_resnet101_2', 1, '32ee1156', 126_886_696, 78.848, 94.284),
  classifier('wide_resnet101_2', 2, 'd733dc28', 126_886_696, 82.51, 96.02),
  detector(
    {
      name: 'fasterrcnn_resnet50_fpn',
      aliases: ['fasterrcnn_resnet50_fpn_v1', 'FasterRCNN_ResNet50_FPN_Weights.DEFAULT'],
      weights: 'FasterRCNN_ResNet50_FPN_Weights.COCO_V1',
      file: 'fasterrcnn_resnet50_fpn_coco-258fb6c6.pth',
      parameters: 41_755_286,
    },
    { box: 37 },
    VERSION_1,
  ),
  detector(
    {
      name: 'fasterrcnn_resnet50_fpn_v2',
      aliases: ['FasterRCNN_ResNet50_FPN_V2_Weights.DEFAULT'],
      weights: 'FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1',
      file: 'fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth',
      parameters: 43_712_278,
    },
    { box: 46.7 },
    FASTER_RCNN_V2,
  ),
  detector(
    {
      name: 'maskrcnn_resnet50_fpn',
      aliases: ['maskrcnn_resnet50_fpn_v1', 'MaskRCNN_ResNet50_FPN_Weights.DEFAULT'],
      weights: 'MaskRCNN_ResNet50_FPN_Weights.COCO_V1',
      file: 'maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth',
      parameters: 44_401_393,
    },
    { box: 37.9, mask: 34.6 },
    { ...VERSION_1, mask_head: {} },
  ),
  detector(
    {
      name: 'maskrcnn_resnet50_fpn_v2',
      aliases: ['MaskRCNN_ResNet50_FPN_V2_Weights.DEFAULT'],
      weights: 'MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1',
      file: 'maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth',
      parameters: 46_359_409,
    },
    { box: 47.4, mask: 41.8 },
    { ...FASTER_RCNN_V2, mask_head: { norm_layer: 'BatchNorm2d' } },
  ),
  detector(
    {
      name: 'keypointrcnn_resnet50_fpn',
      aliases: ['keypointrcnn_resnet50_fpn_v1', 'KeypointRCNN_ResNet50_FPN_Weights.DEFAULT'],
      weights: 'KeypointRCNN_ResNet50_FPN_Weights.COCO_V1',
      file: 'keypointrcnn_resnet50_fpn_coco-fc266e95.pth',
      parameters: 59_137_258,
    },
    { box: 54.6, keypoint: 65 },
    { ...VERSION_1, ...PERSON },
  ),
  detector(
    {
      name: 'keypointrcnn_resnet50_fpn-legacy',
      aliases: [],
      weights: 'KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY',
      file: 'keypointrcnn_resnet50_fpn_coco-9f466800.pth',
      parameters: 59_137_258,
    },
    { box: 50.6, keypoint: 61.1 },
    { norm_layer: 'FrozenBatchNorm2d', ...PERSON },
  ),
  detector(
    {
      name: 'retinanet_resnet50_fpn',
      aliases: ['retinanet_resnet50_fpn_v1', 'RetinaNet_ResNet50_FPN_Weights.DEFAULT'],
      weights: 'RetinaNet_ResNet50_FPN_Weights.COCO_V1',
      file: 'retinanet_resnet50_fpn_coco-eeacb38b.pth',
      parameters: 34_014_999,
    },
    { box: 36.4 },
    { architecture: 'retinanet', ...VERSION_1 },
  ),
  detector(
    {
      name: 'retinanet_resnet50_fpn_v2',
      aliases: ['RetinaNet_ResNet50_FPN_V2_Weights.DEFAULT'],
      weights: 'RetinaNet_ResNet50_FPN_V2_Weights.COCO_V1',
      file: 'retinanet_resnet50_fpn_v2_coco-5905b1c5.pth',
      parameters: 38_198_935,
    },
    { box: 41.5 },
    { architecture: 'retinanet', ...RETINANET_V2 },
  ),
];

const byName = new Map(
  knownModels.flatMap((model) => [model.name, ...model.aliases].map((name) => [name.toLowerCase(), model] as const)),
);

/** Whether a known model has this name. Case does not matter. */
export const isModelName = (name: string): boolean => byName.has(name.toLowerCase());

/**
 * Finds a known model by our name (`resnet50-v1`), torchvision's (`ResNet50_Weights.IMAGENET1K_V1`) or timm's
 * (`resnet50.tv_in1k`). Case does not matter. `resnet50` is version 2, torchvision's default.
 *
 * @throws ResnetCocoError UNKNOWN_MODEL that lists the nearest known names
 */
export function findModel(nameOrAlias: string): KnownModel {
  const name = nameOrAlias.toLowerCase();
  const model = byName.get(name);
  if (model) return model;
  // The start of a name, such as 'fasterrcnn' or 'resnet50-', is near however many letters are missing.
  const edits = (known: string): number => (name && known.startsWith(name) ? 0 : distance(name, known));
  const nearest = knownModels
    .map((candidate) => ({
      name: candidate.name,
      edits: Math.min(...[candidate.name, ...candidate.aliases].map((known) => edits(known.toLowerCase()))),
    }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map((candidate) => candidate.name);
  const meant = hubNameMeant(nameOrAlias);
  const onHub = meant === undefined ? '' : `; on the Hugging Face hub there is ${meant}`;
  throw new ResnetCocoError(
    'UNKNOWN_MODEL',
    `no model is called '${nameOrAlias}'; the nearest known are ${nearest.join(', ')} (all: resnet-coco models list)${onHub}`,
  );
}
