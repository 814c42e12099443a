import { type Architecture, type Stem, stageLayout } from './architecture.ts';

/** What tells one network of He et al. 2015 from another. */
export interface ResNetConfig {
  /** Weighted layers: 18, 34, 50, 101, 152 with the ImageNet stem; 6n + 2 with the CIFAR one. */
  readonly depth: number;
  readonly stem: Stem;
  /**
   * Where shapes differ: A pads channels with zeros, B projects; C projects everywhere (§4.1). None at all makes a
   * plain net.
   */
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
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

/** A block: convolutions with ReLU between, added to the shortcut if there is one. */
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
  /** Of each stage's feature map: its channels, and how many pixels of the image one of its pixels spans. */
  readonly channels: readonly number[];
  readonly strides: readonly number[];
  readonly head: { readonly name: string; readonly inFeatures: number; readonly numClasses: number };
}

/** Bottlenecks widen on the way out. */
const EXPANSION = 4;

/** The name that a configuration has by its depth and shortcuts. */
export const architectureOfConfig = ({ depth, shortcut }: ResNetConfig): Architecture => ({
  kind: shortcut === 'none' ? 'plain' : 'resnet',
  depth,
});

/**
 * Lays a network out: every layer with its name in a checkpoint (torchvision's for the ImageNet nets,
 * akamaster/pytorch_resnet_cifar10's for the CIFAR ones) and its sizes. A plain net has the names of the residual one.
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

  if (config.shortcut === 'none') return { convs, shortcut: 'none' };
  const differs = stride !== 1 || inChannels !== outChannels;
  if (config.shortcut === 'C' || (config.shortcut === 'B' && differs)) {
    const projection = name + (config.stem === 'imagenet' ? 'downsample' : 'shortcut');
    const names = { conv: `${projection}.0`, norm: `${projection}.1` };
    return { convs, shortcut: { ...names, kernel: 1, stride, inChannels, outChannels } };
  }
  return { convs, shortcut: differs ? { stride, padChannels: outChannels - inChannels } : 'identity' };
}

/** Every convolution of a plan, in order. */
function convsOf(plan: ResNetPlan): ConvPlan[] {
  const ofBlock = ({ convs, shortcut }: BlockPlan) =>
    typeof shortcut === 'object' && 'conv' in shortcut ? [...convs, shortcut] : convs;
  return [plan.stem, ...plan.stages.flat().flatMap(ofBlock)];
}

/** The norm that ends each residual block, before the shortcut is added; none in a plain net. */
export const residualNorms = (plan: ResNetPlan): string[] =>
  plan.stages
    .flat()
    .filter(({ shortcut }) => shortcut !== 'none')
    .map(({ convs }) => convs[convs.length - 1].norm);

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
