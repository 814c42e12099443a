import { ResnetCocoError } from '../errors.ts';

/** A network's name: `resnet34` is a residual net of 34 weighted layers, `plain34` the same without shortcuts. */
export interface Architecture {
  readonly kind: 'resnet' | 'plain';
  readonly depth: number;
}

/** 7×7 convolution and pooling before four stages, or 3×3 convolution before three. */
export type Stem = 'imagenet' | 'cifar';

/** The blocks of a network: how many in each stage, of which kind, and how wide. */
export interface StageLayout {
  /** Blocks of 1×1, 3×3 and 1×1 convolutions, rather than two of 3×3. */
  readonly bottleneck: boolean;
  readonly blocks: readonly number[];
  readonly widths: readonly number[];
}

/** Table 1 of the paper: blocks in each stage. */
const IMAGENET_DEPTHS: Readonly<Record<number, Omit<StageLayout, 'widths'>>> = {
  18: { bottleneck: false, blocks: [2, 2, 2, 2] },
  34: { bottleneck: false, blocks: [3, 4, 6, 3] },
  50: { bottleneck: true, blocks: [3, 4, 6, 3] },
  101: { bottleneck: true, blocks: [3, 4, 23, 3] },
  152: { bottleneck: true, blocks: [3, 8, 36, 3] },
};
const IMAGENET_WIDTHS = [64, 128, 256, 512];
const CIFAR_WIDTHS = [16, 32, 64];
/** The depth of the deepest network for CIFAR in the paper. Without a bound, a damaged name could demand all memory. */
const DEEPEST_CIFAR = 1202;

/** Pattern of a network's name. */
export const ARCHITECTURE_NAME = /^(resnet|plain)([1-9]\d*)$/;

/**
 * Parses a network's name.
 *
 * @throws ResnetCocoError BAD_CONFIG if the name has another form
 */
export function parseArchitecture(name: string): Architecture {
  const [, kind, depth] = ARCHITECTURE_NAME.exec(name) ?? [];
  if (kind) return { kind: kind as Architecture['kind'], depth: Number(depth) };
  throw new ResnetCocoError('BAD_CONFIG', `architecture '${name}': must be a name such as resnet50 or plain34`);
}

export const architectureName = ({ depth, kind }: Architecture): string => `${kind}${depth}`;

/** The paper has bottlenecks only in residual nets of 50 layers and more. */
const imagenetDepths = (kind: Architecture['kind']): number[] =>
  Object.keys(IMAGENET_DEPTHS)
    .map(Number)
    .filter((depth) => kind === 'resnet' || !IMAGENET_DEPTHS[depth].bottleneck);

/** Blocks in each stage of a network for CIFAR; undefined for a depth that does not exist. */
function cifarBlocks(depth: number): number | undefined {
  const n = (depth - 2) / 6;
  return Number.isInteger(n) && n > 0 && depth <= DEEPEST_CIFAR ? n : undefined;
}

/**
 * The default stem of a network: CIFAR's for depths that only CIFAR's nets have, and, if images are small, also for
 * depths that both kinds have, such as 50.
 */
export function usualStem({ depth, kind }: Architecture, smallImages = false): Stem {
  const both = imagenetDepths(kind).includes(depth);
  return cifarBlocks(depth) && (smallImages || !both) ? 'cifar' : 'imagenet';
}

/**
 * The stages of a network.
 *
 * @throws ResnetCocoError BAD_CONFIG for a depth that the paper does not have
 */
export function stageLayout(architecture: Architecture, stem: Stem): StageLayout {
  const { depth, kind } = architecture;
  const name = architectureName(architecture);
  if (stem === 'imagenet') {
    const depths = imagenetDepths(kind);
    if (depths.includes(depth)) return { ...IMAGENET_DEPTHS[depth], widths: IMAGENET_WIDTHS };
    throw new ResnetCocoError('BAD_CONFIG', `${name}: depths of ${kind} nets for ImageNet are ${depths.join(', ')}`);
  }
  const n = cifarBlocks(depth);
  if (n) return { bottleneck: false, blocks: [n, n, n], widths: CIFAR_WIDTHS };
  throw new ResnetCocoError(
    'BAD_CONFIG',
    `${name}: depths for CIFAR are 6n + 2, such as 20, 32, 44, 56, 110, up to ${DEEPEST_CIFAR}`,
  );
}
