import { type Architecture, type Stem, stageLayout } from './architecture.ts';
import { filterPlan, linearPlan, normPlan, type ParameterPlan, tensorShapes } from './parameter-plan.ts';

/** What distinguishes one network of He et al. 2015 from another. */
export interface ResNetConfig {
  /** Weighted layers: 18, 34, 50, 101, 152 with the ImageNet stem; 6n + 2 with the CIFAR one. */
  readonly depth: number;
  readonly stem: Stem;
  /**
   * The shortcuts where shapes differ: A pads channels with zeros, B projects. C projects everywhere (§4.1). A plain
   * net has none.
   */
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  /** Which convolution of a bottleneck strides: `3x3` as torchvision has it ("v1.5"), `1x1` as the paper. */
  readonly stride_on: '3x3' | '1x1';
  /**
   * Whether stages 2, 3 and 4 keep the size of their map, and dilate their convolutions in place of the stride, by
   * torchvision's name; none by default.
   */
  readonly replace_stride_with_dilation?: readonly [boolean, boolean, boolean];
  readonly num_classes: number;
}

/** A convolution and the batch norm after it. */
export interface ConvPlan {
  readonly conv: string;
  readonly norm: string;
  readonly kernel: number;
  readonly stride: number;
  /** Pixels from one tap of the kernel to the next. */
  readonly dilation: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Its stage, from 1 on; 0 for the stem. */
  readonly stage: number;
  /** Whether it is the last convolution of a residual block, before the shortcut is added. */
  readonly endsResidual?: boolean;
}

/** A block: convolutions with ReLUs between them, added to the shortcut if there is one. */
export interface BlockPlan {
  readonly convs: readonly ConvPlan[];
  /** A projection, or for option A how the identity is subsampled and padded. */
  readonly shortcut: ConvPlan | { readonly stride: number; readonly padChannels: number } | 'identity' | 'none';
}

export interface ResNetPlan {
  readonly stem: ConvPlan;
  /** Whether a 3×3 max pooling of stride 2 follows the stem. */
  readonly pool: boolean;
  /** Stages named `layer1` …; each ends in a feature map. */
  readonly stages: readonly (readonly BlockPlan[])[];
  /** Of each stage's feature map: the channels, and the stride in pixels of the image. */
  readonly channels: readonly number[];
  readonly strides: readonly number[];
  readonly head: { readonly name: string; readonly inFeatures: number; readonly numClasses: number };
}

/** The last convolution of a bottleneck has this many times the channels of the others. */
const EXPANSION = 4;

/** The architecture's name, by depth and shortcuts. */
export const architectureOfConfig = ({ depth, shortcut }: ResNetConfig): Architecture => ({
  kind: shortcut === 'none' ? 'plain' : 'resnet',
  depth,
});

/**
 * Plans a network: every layer with its sizes and its name in a checkpoint (torchvision's for the ImageNet nets,
 * akamaster/pytorch_resnet_cifar10's for the CIFAR ones). A plain net has the names of the residual one.
 *
 * @throws ResnetCocoError BAD_CONFIG for a depth that the paper does not have
 */
export function planResNet(config: ResNetConfig): ResNetPlan {
  const { bottleneck, blocks, widths } = stageLayout(architectureOfConfig(config), config.stem);
  const imagenet = config.stem === 'imagenet';
  const stem: ConvPlan = {
    conv: 'conv1',
    norm: 'bn1',
    kernel: imagenet ? 7 : 3,
    stride: imagenet ? 2 : 1,
    dilation: 1,
    inChannels: 3,
    outChannels: widths[0],
    stage: 0,
  };
  const dilated = config.replace_stride_with_dilation ?? [];
  let inChannels = widths[0];
  let dilation = 1;
  const stages = blocks.map((count, stage) => {
    const keepsSize = stage > 0 && dilated[stage - 1];
    // torchvision's first block of a dilated stage is dilated as the stage before it.
    const first = { stride: stage > 0 && !keepsSize ? 2 : 1, dilation };
    if (keepsSize) dilation *= 2;
    return Array.from({ length: count }, (_, i) => {
      const step = i === 0 ? first : { stride: 1, dilation };
      const block = planBlock(config, stage + 1, i, bottleneck, inChannels, widths[stage], step);
      inChannels = bottleneck ? widths[stage] * EXPANSION : widths[stage];
      return block;
    });
  });
  return {
    stem,
    pool: imagenet,
    stages,
    channels: widths.map((width) => (bottleneck ? width * EXPANSION : width)),
    strides: widths.map((_, stage) => {
      const kept = dilated.slice(0, stage).filter((isDilated) => isDilated).length;
      return (imagenet ? 4 : 1) * 2 ** (stage - kept);
    }),
    head: { name: imagenet ? 'fc' : 'linear', inFeatures: inChannels, numClasses: config.num_classes },
  };
}

function planBlock(
  config: ResNetConfig,
  stage: number,
  index: number,
  bottleneck: boolean,
  inChannels: number,
  width: number,
  { dilation, stride }: Pick<ConvPlan, 'dilation' | 'stride'>,
): BlockPlan {
  const outChannels = bottleneck ? width * EXPANSION : width;
  const name = `layer${stage}.${index}.`;
  const last = bottleneck ? 3 : 2;
  const conv = (i: number, kernel: number, from: number, to: number, step: number): ConvPlan => ({
    conv: `${name}conv${i}`,
    norm: `${name}bn${i}`,
    kernel,
    stride: step,
    dilation: kernel === 1 ? 1 : dilation,
    inChannels: from,
    outChannels: to,
    stage,
    endsResidual: config.shortcut !== 'none' && i === last,
  });
  const [first, second] = config.stride_on === '1x1' ? [stride, 1] : [1, stride];
  const convs = bottleneck
    ? [conv(1, 1, inChannels, width, first), conv(2, 3, width, width, second), conv(3, 1, width, outChannels, 1)]
    : [conv(1, 3, inChannels, width, stride), conv(2, 3, width, width, 1)];

  if (config.shortcut === 'none') return { convs, shortcut: 'none' };
  const differs = stride !== 1 || inChannels !== outChannels;
  if (config.shortcut === 'C' || (config.shortcut === 'B' && differs)) {
    const projection = name + (config.stem === 'imagenet' ? 'downsample' : 'shortcut');
    const names = { conv: `${projection}.0`, norm: `${projection}.1` };
    return { convs, shortcut: { ...names, kernel: 1, stride, dilation: 1, inChannels, outChannels, stage } };
  }
  return { convs, shortcut: differs ? { stride, padChannels: outChannels - inChannels } : 'identity' };
}

/** Every convolution of a plan, in order. */
export function convsOf(plan: ResNetPlan): ConvPlan[] {
  const ofBlock = ({ convs, shortcut }: BlockPlan) =>
    typeof shortcut === 'object' && 'conv' in shortcut ? [...convs, shortcut] : convs;
  return [plan.stem, ...plan.stages.flat().flatMap(ofBlock)];
}

/** Options of `bodyParameters`. */
export interface BodyOptions {
  /** The prefix of their names. */
  readonly prefix?: string;
  /** Whether norms are frozen: torchvision's `FrozenBatchNorm2d`. */
  readonly frozenNorms?: boolean;
  /**
   * Whether each residual block starts as its shortcut, its last norm with γ = 0 (Goyal et al. 2017 §5.1, torchvision's
   * `zero_init_residual`).
   */
  readonly zeroGamma?: boolean;
}

/** Every tensor of a network's body that a forward pass needs. */
export const bodyParameters = (
  plan: ResNetPlan,
  { frozenNorms = false, prefix = '', zeroGamma = false }: BodyOptions = {},
): ParameterPlan[] =>
  convsOf(plan).flatMap(({ conv, endsResidual, inChannels, kernel, norm, outChannels, stage }) => [
    filterPlan(prefix + conv, inChannels, outChannels, kernel, { stage }),
    ...normPlan(prefix + norm, outChannels, {
      stage,
      trained: !frozenNorms,
      gamma: zeroGamma && endsResidual ? 0 : 1,
    }),
  ]);

/** Every tensor of a classifier that a forward pass needs. */
export const classifierParameters = (
  plan: ResNetPlan,
  options: Pick<BodyOptions, 'zeroGamma'> = {},
): ParameterPlan[] => [
  ...bodyParameters(plan, options),
  ...linearPlan(plan.head.name, plan.head.inFeatures, plan.head.numClasses, { ofClasses: true }),
];

/** Name and shape (PyTorch's layout) of every tensor of a classifier that a forward pass needs. */
export const classifierShapes = (plan: ResNetPlan): Record<string, readonly number[]> =>
  tensorShapes(classifierParameters(plan));
