import { parseArchitecture, type Stem, stageLayout, variantLayout } from './architecture.ts';
import { type AttentionPlan, attentionParameters, planAttention } from './attention-plan.ts';
import { filterPlan, linearPlan, normPlan, type ParameterPlan, tensorShapes } from './parameter-plan.ts';

/** What distinguishes one network of the family from another. */
export interface ResNetConfig {
  /** Such as `resnet50`, `plain34` or `seresnext101d_32x8d`. */
  readonly architecture: string;
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
  /** Whether the first block of such a stage is dilated as the others are; in torchvision, and by default, as the stage before. */
  readonly dilate_first_block?: boolean | undefined;
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
  /** Groups of channels that do not see each other. */
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Its stage, from 1 on; 0 for the stem. */
  readonly stage: number;
  /** Whether it is the last convolution of a residual block, before the shortcut is added. */
  readonly endsResidual?: boolean;
}

/** A 1×1 convolution as shortcut. */
export interface Projection extends ConvPlan {
  /** The stride of a 2×2 average pooling before it, if there is one. */
  readonly pool?: number;
}

/** A block: convolutions with ReLUs between them, added to the shortcut if there is one. */
export interface BlockPlan {
  readonly convs: readonly ConvPlan[];
  /** What the last of them is multiplied by. */
  readonly attention?: AttentionPlan;
  /** A projection, or for option A how the identity is subsampled and padded. */
  readonly shortcut: Projection | { readonly stride: number; readonly padChannels: number } | 'identity' | 'none';
}

export interface ResNetPlan {
  /** Convolutions with a ReLU after each. */
  readonly stem: readonly ConvPlan[];
  /** Whether a 3×3 max pooling of stride 2 follows the stem. */
  readonly pool: boolean;
  /** Stages named `layer1` …; each ends in a feature map. */
  readonly stages: readonly (readonly BlockPlan[])[];
  /** Of each stage's feature map: the channels, and the stride in pixels of the image. */
  readonly channels: readonly number[];
  readonly strides: readonly number[];
  readonly head: { readonly name: string; readonly inFeatures: number; readonly numClasses: number };
}

/** The last convolution of a bottleneck has this many times the channels of a block of two convolutions. */
const EXPANSION = 4;

/**
 * Plans a network: every layer with its sizes and its name in a checkpoint (torchvision's and timm's for the ImageNet
 * nets, akamaster/pytorch_resnet_cifar10's for the CIFAR ones). A plain net has the names of the residual one.
 *
 * @throws ResnetCocoError BAD_CONFIG for a network that does not exist
 */
export function planResNet(config: ResNetConfig): ResNetPlan {
  const { bottleneck, blocks, widths } = stageLayout(parseArchitecture(config.architecture), config.stem);
  const imagenet = config.stem === 'imagenet';
  const stem = planStem(config, widths[0]);
  const dilated = config.replace_stride_with_dilation ?? [];
  let inChannels = stem[stem.length - 1].outChannels;
  let dilation = 1;
  const stages = blocks.map((count, stage) => {
    const keepsSize = stage > 0 && dilated[stage - 1];
    // torchvision's first block of a dilated stage is dilated as the stage before it.
    const before = dilation;
    if (keepsSize) dilation *= 2;
    const first = { stride: stage > 0 && !keepsSize ? 2 : 1, dilation: config.dilate_first_block ? dilation : before };
    return Array.from({ length: count }, (_, i) => {
      const step = i === 0 ? { ...first, pools: stage > 0 } : { stride: 1, dilation, pools: false };
      const block = planBlock(
        config,
        `layer${stage + 1}.${i}.`,
        stage + 1,
        bottleneck,
        inChannels,
        widths[stage],
        step,
      );
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

const PLAIN_CONV = { stride: 1, dilation: 1, groups: 1 } as const;

function planStem({ architecture, stem }: ResNetConfig, width: number): ConvPlan[] {
  const imagenet = stem === 'imagenet';
  const channels = imagenet ? variantLayout(parseArchitecture(architecture)).stem : [width];
  const last = channels.length - 1;
  return channels.map((outChannels, i) => ({
    ...PLAIN_CONV,
    // Three convolutions are a sequence with their norms and ReLUs, except the last norm.
    conv: last ? `conv1.${3 * i}` : 'conv1',
    norm: i < last ? `conv1.${3 * i + 1}` : 'bn1',
    kernel: imagenet && !last ? 7 : 3,
    stride: imagenet && i === 0 ? 2 : 1,
    inChannels: i ? channels[i - 1] : 3,
    outChannels,
    stage: 0,
  }));
}

/** How a block steps from map to map. */
interface Step {
  readonly stride: number;
  readonly dilation: number;
  /** Whether a projection that pools does so here. */
  readonly pools: boolean;
}

function planBlock(
  config: ResNetConfig,
  name: string,
  stage: number,
  bottleneck: boolean,
  inChannels: number,
  width: number,
  { dilation, pools, stride }: Step,
): BlockPlan {
  const architecture = parseArchitecture(config.architecture);
  const { attention, groupWidth, groups } = architecture;
  const outChannels = bottleneck ? width * EXPANSION : width;
  const last = bottleneck ? 3 : 2;
  const conv = (i: number, kernel: number, from: number, to: number, step: number): ConvPlan => ({
    conv: `${name}conv${i}`,
    norm: `${name}bn${i}`,
    kernel,
    stride: step,
    dilation: kernel === 1 ? 1 : dilation,
    groups: bottleneck && kernel > 1 ? groups : 1,
    inChannels: from,
    outChannels: to,
    stage,
    endsResidual: config.shortcut !== 'none' && i === last,
  });
  const [first, second] = config.stride_on === '1x1' ? [stride, 1] : [1, stride];
  const inner = bottleneck ? Math.floor((width * groupWidth) / 64) * groups : width;
  const convs = bottleneck
    ? [conv(1, 1, inChannels, inner, first), conv(2, 3, inner, inner, second), conv(3, 1, inner, outChannels, 1)]
    : [conv(1, 3, inChannels, width, stride), conv(2, 3, width, width, 1)];
  const residual = { convs, ...(attention && { attention: planAttention(attention, `${name}se`, outChannels) }) };

  if (config.shortcut === 'none') return { ...residual, shortcut: 'none' };
  const differs = stride !== 1 || inChannels !== outChannels;
  if (config.shortcut === 'C' || (config.shortcut === 'B' && differs)) {
    const imagenet = config.stem === 'imagenet';
    const { poolsShortcut } = variantLayout(architecture);
    const projection = name + (imagenet ? 'downsample' : 'shortcut');
    const at = poolsShortcut ? 1 : 0;
    const names = { conv: `${projection}.${at}`, norm: `${projection}.${at + 1}` };
    const whole = { ...PLAIN_CONV, ...names, kernel: 1, inChannels, outChannels, stage };
    if (!poolsShortcut) return { ...residual, shortcut: { ...whole, stride } };
    return { ...residual, shortcut: pools ? { ...whole, pool: stride } : whole };
  }
  return { ...residual, shortcut: differs ? { stride, padChannels: outChannels - inChannels } : 'identity' };
}

/** Every convolution of a plan, in order. */
export const convsOf = (plan: ResNetPlan): ConvPlan[] => [
  ...plan.stem,
  ...plan.stages.flat().flatMap((block) => [...block.convs, ...projectionsOf(block)]),
];

const projectionsOf = ({ shortcut }: BlockPlan): readonly Projection[] =>
  typeof shortcut === 'object' && 'conv' in shortcut ? [shortcut] : [];

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
export function bodyParameters(
  plan: ResNetPlan,
  { frozenNorms = false, prefix = '', zeroGamma = false }: BodyOptions = {},
): ParameterPlan[] {
  const ofConv = ({ conv, endsResidual, groups, inChannels, kernel, norm, outChannels, stage }: ConvPlan) => [
    filterPlan(prefix + conv, inChannels / groups, outChannels, kernel, { stage }),
    ...normPlan(prefix + norm, outChannels, {
      stage,
      trained: !frozenNorms,
      gamma: zeroGamma && endsResidual ? 0 : 1,
    }),
  ];
  const ofBlock = (block: BlockPlan) => [
    ...block.convs.flatMap(ofConv),
    ...(block.attention
      ? attentionParameters(block.attention, prefix + block.attention.name, block.convs[0].stage)
      : []),
    ...projectionsOf(block).flatMap(ofConv),
  ];
  return [...plan.stem.flatMap(ofConv), ...plan.stages.flat().flatMap(ofBlock)];
}

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
