import { ResnetCocoError } from '../errors.ts';

/** What a block multiplies its channels by: squeeze and excitation, or efficient channel attention. */
export type Attention = 'se' | 'eca';

/** A network of the family, as its name tells it: `resnet34`, `plain34`, `seresnext101d_32x8d` … */
export interface Architecture {
  /** A plain net is a residual one without shortcuts. */
  readonly kind: 'resnet' | 'plain';
  /** Weighted layers. */
  readonly depth: number;
  /** The letter after the depth, which says what the stem and the projections are; `light` is `ecaresnetlight`. */
  readonly variant: Variant;
  /** Groups of the 3×3 convolutions of bottlenecks: ResNeXt's cardinality. */
  readonly groups: number;
  /** Channels of a group in the first stage, by torchvision's name `width_per_group`. */
  readonly groupWidth: number;
  readonly attention?: Attention | undefined;
}

/** 7×7 convolution (or three of 3×3) and pooling before four stages, or 3×3 convolution before three. */
export type Stem = 'imagenet' | 'cifar';

/** The blocks of a network: how many in each stage, of which kind, and how wide. */
export interface StageLayout {
  /** Blocks of 1×1, 3×3 and 1×1 convolutions, rather than two of 3×3. */
  readonly bottleneck: boolean;
  readonly blocks: readonly number[];
  readonly widths: readonly number[];
}

/** The layers around the stages. */
export interface VariantLayout {
  /** Channels of each convolution of the stem: one of 7×7, or three of 3×3. */
  readonly stem: readonly number[];
  /** Whether a strided projection is an average pooling and a convolution of stride 1. */
  readonly poolsShortcut: boolean;
}

/** Table 1 of the paper, and timm's further depths: blocks in each stage. */
const IMAGENET_DEPTHS: Readonly<Record<number, Omit<StageLayout, 'widths'>>> = {
  10: { bottleneck: false, blocks: [1, 1, 1, 1] },
  14: { bottleneck: true, blocks: [1, 1, 1, 1] },
  18: { bottleneck: false, blocks: [2, 2, 2, 2] },
  26: { bottleneck: true, blocks: [2, 2, 2, 2] },
  34: { bottleneck: false, blocks: [3, 4, 6, 3] },
  50: { bottleneck: true, blocks: [3, 4, 6, 3] },
  101: { bottleneck: true, blocks: [3, 4, 23, 3] },
  152: { bottleneck: true, blocks: [3, 8, 36, 3] },
  200: { bottleneck: true, blocks: [3, 24, 36, 3] },
  269: { bottleneck: true, blocks: [3, 30, 48, 8] },
};
const LIGHT: Omit<StageLayout, 'widths'> = { bottleneck: true, blocks: [1, 1, 11, 3] };
const LIGHT_DEPTH = 50;
/** The paper's plain nets. */
const PLAIN_DEPTHS: readonly number[] = [18, 34];
const IMAGENET_WIDTHS = [64, 128, 256, 512];
const CIFAR_WIDTHS = [16, 32, 64];
/** The depth of the deepest network for CIFAR in the paper. Without a bound, a damaged name could demand all memory. */
const DEEPEST_CIFAR = 1202;
/** The channels of a 3×3 convolution in the widest network of which weights were published are 1,536. */
const MOST_CHANNELS = 2048;

/** By letter, as in He et al. 2018 ("Bag of tricks", §4.2) and timm: `t` has a tiered stem. */
const VARIANTS = {
  '': { stem: [64], poolsShortcut: false },
  c: { stem: [32, 32, 64], poolsShortcut: false },
  d: { stem: [32, 32, 64], poolsShortcut: true },
  e: { stem: [64, 64, 128], poolsShortcut: true },
  s: { stem: [64, 64, 128], poolsShortcut: false },
  t: { stem: [24, 32, 64], poolsShortcut: true },
  light: { stem: [64], poolsShortcut: true },
} satisfies Readonly<Record<string, VariantLayout>>;
type Variant = keyof typeof VARIANTS;

/** Channels of a group where nothing else is said. */
const USUAL_WIDTH = 64;

const DEPTH = '(?<depth>[1-9]\\d*)';
const DEPTH_AND_LETTER = `${DEPTH}(?<variant>[cdest]?)`;
/** Patterns of names. `wide_resnet50_2` has 3×3 convolutions of twice the width. */
const NAMES = [
  `(?<kind>plain)${DEPTH}`,
  `(?<attention>se|eca)?resnet${DEPTH_AND_LETTER}`,
  `(?<attention>se|eca)?resnext${DEPTH_AND_LETTER}_(?<groups>[1-9]\\d{0,3})x(?<width>[1-9]\\d{0,3})d`,
  `wide_resnet${DEPTH}_(?<factor>[2-9])`,
  '(?<attention>eca)resnet(?<variant>light)',
].map((pattern) => new RegExp(`^${pattern}$`));

/** timm's network of this name has the blocks of another depth. */
const MISNAMED: Readonly<Record<string, string>> = { ecaresnext50t_32x4d: 'ecaresnext26t_32x4d' };

/** Backbones of detectors, for messages. */
export const BACKBONES =
  'resnet18, 34, 50, 101, 152, or a variant such as resnext101_32x8d, wide_resnet50_2, resnet50d or seresnet50';

/** Examples of names, for messages. */
export const SUCH_NAMES = 'a name such as resnet50, plain34, resnet50d, seresnet50, resnext50_32x4d or wide_resnet50_2';

const matched = (name: string) => {
  const whole = Object.hasOwn(MISNAMED, name) ? MISNAMED[name] : name;
  return NAMES.map((pattern) => pattern.exec(whole)?.groups).find((groups) => groups !== undefined);
};

/** Whether a text has the form of a network's name. */
export const isArchitectureName = (name: string): boolean => matched(name) !== undefined;

/**
 * Parses a network's name.
 *
 * @throws ResnetCocoError BAD_CONFIG if the name has another form
 */
export function parseArchitecture(name: string): Architecture {
  const parts = matched(name);
  if (!parts) throw new ResnetCocoError('BAD_CONFIG', `architecture '${name}': must be ${SUCH_NAMES}`);
  const { attention, depth = LIGHT_DEPTH, factor = 1, groups = 1, kind = 'resnet', variant = '' } = parts;
  const { width = USUAL_WIDTH * Number(factor) } = parts;
  return {
    kind: kind as Architecture['kind'],
    depth: Number(depth),
    variant: variant as Variant,
    groups: Number(groups),
    groupWidth: Number(width),
    attention: attention as Attention | undefined,
  };
}

/** A network's name, the shortest if it has several: `wide_resnet50_2` is `resnext50_1x128d`. */
export function architectureName({ depth, groupWidth, groups, kind, variant, ...others }: Architecture): string {
  const attention = others.attention ?? '';
  if (kind === 'plain') return `plain${depth}`;
  if (variant === 'light') return `${attention}resnetlight`;
  if (groups === 1 && groupWidth === USUAL_WIDTH) return `${attention}resnet${depth}${variant}`;
  const factor = groupWidth / USUAL_WIDTH;
  const isWide = groups === 1 && Number.isInteger(factor) && factor < 10 && !attention && !variant;
  return isWide ? `wide_resnet${depth}_${factor}` : `${attention}resnext${depth}${variant}_${groups}x${groupWidth}d`;
}

/** The stem and the projections of a network for ImageNet. */
export const variantLayout = ({ variant }: Architecture): VariantLayout => VARIANTS[variant];

/**
 * The letter of a network with such a stem and such projections; undefined if none has both.
 *
 * @param blocks in each stage, which tell `light`
 */
export function variantOf({ poolsShortcut, stem }: VariantLayout, blocks: readonly number[]): Variant | undefined {
  const isLight = `${blocks}` === `${LIGHT.blocks}`;
  return (Object.keys(VARIANTS) as Variant[]).find((variant) => {
    const layout: VariantLayout = VARIANTS[variant];
    const same = layout.poolsShortcut === poolsShortcut && `${layout.stem}` === `${stem}`;
    return same && (variant !== 'light' || isLight);
  });
}

/** Whether a network is one of the paper's: only those have a form for CIFAR. */
const isOfThePaper = ({ attention, groupWidth, groups, variant }: Architecture): boolean =>
  !attention && !variant && groups === 1 && groupWidth === USUAL_WIDTH;

const imagenetDepths = ({ kind }: Architecture): readonly number[] =>
  kind === 'plain' ? PLAIN_DEPTHS : Object.keys(IMAGENET_DEPTHS).map(Number);

/** Blocks in each stage of a network for CIFAR; undefined for a depth that does not exist. */
function cifarBlocks(depth: number): number | undefined {
  const n = (depth - 2) / 6;
  return Number.isInteger(n) && n > 0 && depth <= DEEPEST_CIFAR ? n : undefined;
}

/**
 * The default stem of a network: CIFAR's for depths that only CIFAR's nets have, and, if images are small, also for
 * depths that both kinds have, such as 50.
 */
export function usualStem(architecture: Architecture, smallImages = false): Stem {
  if (!isOfThePaper(architecture)) return 'imagenet';
  const both = imagenetDepths(architecture).includes(architecture.depth);
  return cifarBlocks(architecture.depth) && (smallImages || !both) ? 'cifar' : 'imagenet';
}

/** Whether a name is of a network that a detector can look through: residual, with stages of strides 4 to 32. */
export function isBackboneName(name: string): boolean {
  try {
    const architecture = parseArchitecture(name);
    stageLayout(architecture, 'imagenet');
    return architecture.kind === 'resnet';
  } catch {
    return false;
  }
}

/**
 * The stages of a network.
 *
 * @throws ResnetCocoError BAD_CONFIG for a network that does not exist: of another depth, or too wide
 */
export function stageLayout(architecture: Architecture, stem: Stem): StageLayout {
  const name = architectureName(architecture);
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_CONFIG', `${name}: ${problem}`);
  };
  const { depth, groupWidth, groups, kind, variant } = architecture;
  if (stem === 'imagenet') {
    const depths = imagenetDepths(architecture);
    if (!depths.includes(depth)) bad(`depths of ${kind} nets for ImageNet are ${depths.join(', ')}`);
    const stages = variant === 'light' ? LIGHT : IMAGENET_DEPTHS[depth];
    const isWider = groups !== 1 || groupWidth !== USUAL_WIDTH;
    if (isWider && !stages.bottleneck) bad('nets of two 3×3 convolutions a block have no groups and no other width');
    if (groups * groupWidth > MOST_CHANNELS) bad(`groups times their width must be at most ${MOST_CHANNELS}`);
    return { ...stages, widths: IMAGENET_WIDTHS };
  }
  if (!isOfThePaper(architecture)) bad("only the paper's resnets and plain nets have the stem of CIFAR's");
  const n =
    cifarBlocks(depth) ?? bad(`depths for CIFAR are 6n + 2, such as 20, 32, 44, 56, 110, up to ${DEEPEST_CIFAR}`);
  return { bottleneck: false, blocks: [n, n, n], widths: CIFAR_WIDTHS };
}
