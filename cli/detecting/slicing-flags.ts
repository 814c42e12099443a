import type { SlicingOptions } from '../../detection/index.ts';
import { tileSizeOf } from '../../detection/option-texts.ts';
import { overlapMetrics } from '../../detection/slicing/box-overlap.ts';
import { mergeMethods } from '../../detection/slicing/non-maximum-merging.ts';
import { MERGE_THRESHOLD, OVERLAP } from '../../detection/slicing/slicing-options.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined } from '../terminal/shared-flags.ts';

/** Flags of every command that looks at images in tiles. */
export const sliceFlags = {
  slice: {
    kind: 'text',
    group: 'Tiles',
    value: 'N|WxH',
    help: 'look at each image in tiles of this side, or width and height, in pixels, such as 640: finds small objects in large images',
  },
  overlap: {
    kind: 'number',
    group: 'Tiles',
    value: 'P',
    min: 0,
    max: 0.99,
    help: `share of a tile's side that it has in common with the next (default: ${OVERLAP})`,
  },
} as const satisfies FlagTable;

/** Flags of every command that detects in tiles. */
export const slicingFlags = {
  ...sliceFlags,
  whole: {
    kind: 'boolean',
    group: 'Tiles',
    default: true,
    help: 'look at the tiles alone, not at the whole image, too',
  },
  merge: {
    kind: 'choice',
    group: 'Tiles',
    choices: mergeMethods,
    help: 'what becomes of boxes that several tiles found of one object: merged into the best of those that they overlap, or into all, or left out (default: greedy-nmm; nms over iou where scores below 0.1 are asked for)',
  },
  'merge-metric': {
    kind: 'choice',
    group: 'Tiles',
    choices: overlapMetrics,
    help: 'overlap of two boxes: as a share of the smaller one, or of their union (default: ios)',
  },
  'merge-threshold': {
    kind: 'number',
    group: 'Tiles',
    value: 'P',
    min: 0.01,
    max: 1,
    help: `least overlap of two boxes of one object (default: ${MERGE_THRESHOLD})`,
  },
  'merge-agnostic': {
    kind: 'boolean',
    group: 'Tiles',
    help: 'objects of different categories may be one',
  },
} as const satisfies FlagTable;

/** Flags of every command that detects in several views. */
export const augmentFlag = {
  augment: {
    kind: 'boolean',
    group: 'Model',
    help: 'look at each image in three sizes and mirrored, and keep the best boxes: about six times as slow',
  },
} as const satisfies FlagTable;

/**
 * The sides of a tile.
 *
 * @throws USAGE when the text names none
 */
export function sliceOf(text: string): readonly [width: number, height: number] {
  const size = tileSizeOf(text);
  if (size) return size;
  throw new ResnetCocoError('USAGE', `--slice wants a side in pixels, or WIDTHxHEIGHT, such as 640, got '${text}'`);
}

/**
 * How the flags say that images are looked at in tiles; undefined without `--slice`.
 *
 * @throws USAGE when a flag has no effect without `--slice`
 */
function slicingOf(flags: FlagValues<typeof slicingFlags>): SlicingOptions | undefined {
  const { merge, overlap, slice, whole } = flags;
  const [mergeMetric, mergeThreshold] = [flags['merge-metric'], flags['merge-threshold']];
  const mergeAgnostic = flags['merge-agnostic'] || undefined;
  const others = { overlap, merge, 'merge-metric': mergeMetric, 'merge-threshold': mergeThreshold };
  if (slice !== undefined) {
    const given = { merge, mergeAgnostic, mergeMetric, mergeThreshold, overlap };
    return { slice: sliceOf(slice), whole, ...defined(given) };
  }
  const [unused] = Object.entries({ ...others, 'merge-agnostic': mergeAgnostic, 'no-whole': whole ? undefined : true })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (unused === undefined) return undefined;
  throw new ResnetCocoError('USAGE', `--${unused} is for images in tiles: give their size, such as --slice 640`);
}

/**
 * How the flags say that images are looked at: in tiles, in several views, or once.
 *
 * @throws USAGE when they say both, or a flag has no effect without `--slice`
 */
export function viewsOf(flags: FlagValues<typeof slicingFlags & typeof augmentFlag>): {
  readonly slicing?: SlicingOptions;
  readonly augment?: boolean;
} {
  const [slicing, augment] = [slicingOf(flags), flags.augment || undefined];
  if (!augment || !slicing) return defined({ augment, slicing });
  throw new ResnetCocoError('USAGE', '--augment is not for images in tiles: leave out --slice');
}
