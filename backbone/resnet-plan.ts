import { ResnetCocoError } from '../errors.ts';

/** What tells one ResNet of He et al. 2015 from another. */
export interface ResNetConfig {
  /** Weighted layers: 18, 34, 50, 101, 152 with the ImageNet stem; 6n + 2 with the CIFAR one. */
  readonly depth: number;
  /** 7×7 convolution and pooling before four stages, or 3×3 convolution before three. */
  readonly stem: 'imagenet' | 'cifar';
  /** Where shapes differ: A pads channels with zeros, B projects; C projects everywhere (§4.1). */
  readonly shortcut: 'A' | 'B' | 'C';
  /** Which convolution of a bottleneck strides: `3x3` as torchvision has it ("v1.5"), `1x1` as the paper. */
  readonly stride_on: '3x3' | '1x1';
  readonly num_classes: number;
}

/** A convolution and the batch norm after it. */
export interface ConvPlan {
  readonly conv: string;
  readonly norm: string;
  readonly kernel: number;
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** A residual block: convolutions with ReLU between, added to the shortcut. */
export interface BlockPlan {
  readonly convs: readonly ConvPlan[];
  /** A projection, or for option A how the identity is subsampled and padded; absent: the identity itself. */
  readonly shortcut?: ConvPlan | { readonly stride: number; readonly padChannels: number };
}

export interface ResNetPlan {
  readonly stem: ConvPlan;
  /** Whether a 3×3 max pooling of stride 2 follows the stem. */
  readonly pool: boolean;
  /** Stages named `layer1` …; each ends in a feature map. */
  readonly stages: readonly (readonly BlockPlan[])[];
  /** Of each stage's feature map: its channels, and how many pixels of the image one of its pixels spans. */
  readonly channels: readonly number[];
  readonly strides: readonly number[];
  readonly head: { readonly name: string; readonly inFeatures: number; readonly numClasses: number };
}

/** Table 1 of the paper: blocks in each stage. Bottlenecks widen four times on the way out. */
const IMAGENET_DEPTHS: Readonly<Record<number, { readonly bottleneck: boolean; readonly blocks: readonly number[] }>> =
  {
    18: { bottleneck: false, blocks: [2, 2, 2, 2] },
    34: { bottleneck: false, blocks: [3, 4, 6, 3] },
    50: { bottleneck: true, blocks: [3, 4, 6, 3] },
    101: { bottleneck: true, blocks: [3, 4, 23, 3] },
    152: { bottleneck: true, blocks: [3, 8, 36, 3] },
  };
const EXPANSION = 4;

/** The depths that have an ImageNet stem. */
export const imagenetDepths: readonly number[] = Object.keys(IMAGENET_DEPTHS).map(Number);

function stagesOf({ depth, stem }: ResNetConfig): { bottleneck: boolean; blocks: readonly number[]; widths: number[] } {
  if (stem === 'imagenet') {
    const table = IMAGENET_DEPTHS[depth];
    if (table) return { ...table, widths: [64, 128, 256, 512] };
    throw new ResnetCocoError('BAD_CONFIG', `resnet${depth}: ImageNet depths are ${imagenetDepths.join(', ')}`);
  }
  const n = (depth - 2) / 6;
  if (Number.isInteger(n) && n > 0) return { bottleneck: false, blocks: [n, n, n], widths: [16, 32, 64] };
  throw new ResnetCocoError('BAD_CONFIG', `resnet${depth}: CIFAR depths are 6n + 2, such as 20, 32, 44, 56, 110`);
}

/**
 * Lays a network out: every layer with its name in a checkpoint (torchvision's for the ImageNet nets,
 * akamaster/pytorch_resnet_cifar10's for the CIFAR ones) and its sizes.
 *
 * @throws ResnetCocoError BAD_CONFIG for a depth that the paper's table does not have
 */
export function planResNet(config: ResNetConfig): ResNetPlan {
  const { bottleneck, blocks, widths } = stagesOf(config);
  const imagenet = config.stem === 'imagenet';
  const stem: ConvPlan = {
    conv: 'conv1',
    norm: 'bn1',
    kernel: imagenet ? 7 : 3,
    stride: imagenet ? 2 : 1,
    inChannels: 3,
    outChannels: widths[0],
  };
  let inChannels = widths[0];
  const stages = blocks.map((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const block = planBlock(config, `layer${stage + 1}.${i}.`, bottleneck, inChannels, widths[stage], stride);
      inChannels = bottleneck ? widths[stage] * EXPANSION : widths[stage];
      return block;
    }),
  );
  return {
    stem,
    pool: imagenet,
    stages,
    channels: widths.map((width) => (bottleneck ? width * EXPANSION : width)),
    strides: widths.map((_, stage) => (imagenet ? 4 : 1) * 2 ** stage),
    head: { name: imagenet ? 'fc' : 'linear', inFeatures: inChannels, numClasses: config.num_classes },
  };
}

function planBlock(
  config: ResNetConfig,
  name: string,
  bottleneck: boolean,
  inChannels: number,
  width: number,
  stride: number,
): BlockPlan {
  const outChannels = bottleneck ? width * EXPANSION : width;
  const conv = (i: number, kernel: number, from: number, to: number, step: number): ConvPlan => ({
    conv: `${name}conv${i}`,
    norm: `${name}bn${i}`,
    kernel,
    stride: step,
    inChannels: from,
    outChannels: to,
  });
  const [first, second] = config.stride_on === '1x1' ? [stride, 1] : [1, stride];
  const convs = bottleneck
    ? [conv(1, 1, inChannels, width, first), conv(2, 3, width, width, second), conv(3, 1, width, outChannels, 1)]
    : [conv(1, 3, inChannels, width, stride), conv(2, 3, width, width, 1)];

  const differs = stride !== 1 || inChannels !== outChannels;
  if (config.shortcut === 'C' || (config.shortcut === 'B' && differs)) {
    const projection = name + (config.stem === 'imagenet' ? 'downsample' : 'shortcut');
    const names = { conv: `${projection}.0`, norm: `${projection}.1` };
    return { convs, shortcut: { ...names, kernel: 1, stride, inChannels, outChannels } };
  }
  return differs ? { convs, shortcut: { stride, padChannels: outChannels - inChannels } } : { convs };
}

/** Every convolution of a plan, in order. */
export function convsOf(plan: ResNetPlan): ConvPlan[] {
  const ofBlock = ({ convs, shortcut }: BlockPlan) => (shortcut && 'conv' in shortcut ? [...convs, shortcut] : convs);
  return [plan.stem, ...plan.stages.flat().flatMap(ofBlock)];
}

/** Name and shape (PyTorch's layout) of every tensor of a network's body that a forward pass needs. */
export function bodyShapes(plan: ResNetPlan): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const { conv, norm, kernel, inChannels, outChannels } of convsOf(plan)) {
    shapes[`${conv}.weight`] = [outChannels, inChannels, kernel, kernel];
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes[`${norm}.${part}`] = [outChannels];
  }
  return shapes;
}

/** Name and shape of every tensor of a classifier that a forward pass needs. */
export function classifierShapes(plan: ResNetPlan): Record<string, readonly number[]> {
  const { name, inFeatures, numClasses } = plan.head;
  return { ...bodyShapes(plan), [`${name}.weight`]: [numClasses, inFeatures], [`${name}.bias`]: [numClasses] };
}

/** Running statistics of norms, which follow the data and are not trained. */
export const isRunning = (name: string): boolean => /\.running_(mean|var)$/.test(name);

/** How many numbers training adjusts: batch norm's running statistics are not counted, as in published figures. */
export function parameterCount(shapes: Readonly<Record<string, readonly number[]>>): number {
  return Object.entries(shapes)
    .filter(([name]) => !isRunning(name))
    .reduce((total, [, shape]) => total + shape.reduce((size, dim) => size * dim, 1), 0);
}
