import type { CocoBox } from '../coco/coco-format.ts';
import { add, type Decimal, formatDecimal, subtract, toDecimal, toNumber } from '../decimal.ts';

/**
 * A Pascal VOC box: the first and last pixel it covers, counted from 1. `xmin` 1, `xmax` 10 covers the first ten
 * columns: COCO's x 0, width 10.
 */
export interface VocBox {
  readonly xmin: Decimal;
  readonly ymin: Decimal;
  readonly xmax: Decimal;
  readonly ymax: Decimal;
}

export const vocSides = ['xmin', 'ymin', 'xmax', 'ymax'] as const;

const ONE: Decimal = { digits: 1n, places: 0 };
const start = (min: Decimal): number => toNumber(subtract(min, ONE));
const extent = (min: Decimal, max: Decimal): number => toNumber(add(subtract(max, min), ONE));

/**
 * x = xmin − 1, width = xmax − xmin + 1; y and height likewise. Decimals make `toVocBox` restore the original numbers.
 */
export const fromVocBox = ({ xmin, ymin, xmax, ymax }: VocBox): CocoBox => [
  start(xmin),
  start(ymin),
  extent(xmin, xmax),
  extent(ymin, ymax),
];

/** The texts of xmin, ymin, xmax, ymax. */
export function toVocBox([x, y, width, height]: CocoBox): readonly [string, string, string, string] {
  const first = (at: number): string => formatDecimal(add(toDecimal(at), ONE));
  const last = (at: number, size: number): string => formatDecimal(add(toDecimal(at), toDecimal(size)));
  return [first(x), first(y), last(x, width), last(y, height)];
}
