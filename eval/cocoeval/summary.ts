import { ResnetCocoError } from '../../errors.ts';
import type { Accumulated } from './accumulate.ts';
import { meanOfKnown } from './pairwise-sum.ts';
import type { Params } from './params.ts';

/** What numbers are summarized from. */
export type Summarized = Pick<Accumulated, 'params' | 'precision' | 'recall'>;

export interface SummaryLine {
  readonly isPrecision: boolean;
  /** All thresholds by default. */
  readonly iou?: number;
  readonly area: string;
  readonly maxDets: number;
}

/** pycocotools' twelve numbers, ten for keypoints. The first always uses 100 detections, whatever the limits are. */
function linesOf({ iouType, maxDets }: Params): SummaryLine[] {
  if (iouType === 'keypoints') {
    const of = (isPrecision: boolean): SummaryLine[] => [
      { isPrecision, area: 'all', maxDets: 20 },
      { isPrecision, iou: 0.5, area: 'all', maxDets: 20 },
      { isPrecision, iou: 0.75, area: 'all', maxDets: 20 },
      { isPrecision, area: 'medium', maxDets: 20 },
      { isPrecision, area: 'large', maxDets: 20 },
    ];
    return [...of(true), ...of(false)];
  }
  const [few, some, most] = maxDets;
  // pycocotools fails with an IndexError here.
  if (most === undefined) {
    throw new ResnetCocoError(
      'BAD_CONFIG',
      `params.maxDets wants three limits where numbers are summarized, such as [1, 10, 100], got ${JSON.stringify(maxDets)}`,
    );
  }
  const bySize = (isPrecision: boolean): SummaryLine[] =>
    ['small', 'medium', 'large'].map((area) => ({ isPrecision, area, maxDets: most }));
  return [
    { isPrecision: true, area: 'all', maxDets: 100 },
    { isPrecision: true, iou: 0.5, area: 'all', maxDets: most },
    { isPrecision: true, iou: 0.75, area: 'all', maxDets: most },
    ...bySize(true),
    ...[few, some, most].map((limit) => ({ isPrecision: false, area: 'all', maxDets: limit })),
    ...bySize(false),
  ];
}

/** Names of the numbers, in the order of `stats`. */
export const statNames = (iouType: Params['iouType']): readonly string[] =>
  iouType === 'keypoints'
    ? ['AP', 'AP50', 'AP75', 'APm', 'APl', 'AR', 'AR50', 'AR75', 'ARm', 'ARl']
    : ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'];

/**
 * The mean over what a line reads; -1 when there is nothing.
 *
 * @param categories some categories by index; all by default
 */
export function meanAt(
  { params, precision, recall }: Summarized,
  line: SummaryLine,
  categories?: number | readonly number[],
): number {
  const { areaRngLbl, iouThrs, maxDets } = params;
  const cells = cellsOf(areaRngLbl, maxDets, line);
  const grid = line.isPrecision ? precision : recall;
  const [R, K] = line.isPrecision ? grid.shape.slice(1, 3) : [1, grid.shape[1]];
  const [A, M] = grid.shape.slice(-2);
  const chosen = typeof categories === 'number' ? [categories] : (categories ?? Array.from({ length: K }, (_, k) => k));
  const values = new Float64Array(iouThrs.length * R * chosen.length * cells.length);
  let count = 0;
  iouThrs.forEach((threshold, t) => {
    if (line.iou !== undefined && threshold !== line.iou) return;
    for (let r = 0; r < R; r++) {
      for (const k of chosen) {
        for (const [a, m] of cells) values[count++] = grid.data[((t * R + r) * K + k) * A * M + a * M + m];
      }
    }
  });
  return meanOfKnown(values.subarray(0, count));
}

/** The AP of one category. */
export interface CategoryAP {
  readonly id: number;
  readonly name: string;
  /** Mean over all IoU thresholds and areas, at the largest limit on detections; -1 when there are no objects. */
  readonly AP: number;
}

/** The AP of each evaluated category. */
export function categoryAPs(
  accumulated: Summarized,
  categories: ReadonlyMap<number, { readonly name: string }>,
): CategoryAP[] {
  const { catIds, maxDets, useCats } = accumulated.params;
  const line = { isPrecision: true, area: 'all', maxDets: Math.max(...maxDets) };
  return catIds.map((id, k) => ({
    id,
    name: categories.get(id)?.name ?? `category ${id}`,
    AP: meanAt(accumulated, line, useCats ? k : 0),
  }));
}

/**
 * Indices of a line's area range and limit. Names may repeat; as with numpy's indices, equal counts pair up, and one
 * pairs with all.
 */
function cellsOf(labels: readonly string[], limits: readonly number[], { area, maxDets }: SummaryLine) {
  const [as, ms] = [placesOf(labels, area), placesOf(limits, maxDets)];
  const [fewer, more] = [Math.min(as.length, ms.length), Math.max(as.length, ms.length)];
  if (fewer !== more && fewer !== 1 && more !== 1) {
    // pycocotools fails with an IndexError here.
    const times = `params.areaRngLbl has '${area}' ${as.length} times, params.maxDets has ${maxDets} ${ms.length} times`;
    throw new ResnetCocoError('BAD_CONFIG', `${times}: name each once`);
  }
  const count = fewer && more;
  return Array.from({ length: count }, (_, i) => [as[as.length > 1 ? i : 0], ms[ms.length > 1 ? i : 0]] as const);
}

const placesOf = <T>(list: readonly T[], wanted: T): number[] =>
  list.flatMap((item, i) => (item === wanted ? [i] : []));

/** The numbers, and the lines that pycocotools prints for them. */
export function summarizeAll(accumulated: Summarized): { readonly stats: number[]; readonly lines: string[] } {
  const { params } = accumulated;
  const stats: number[] = [];
  const lines = linesOf(params).map((line) => {
    const value = meanAt(accumulated, line);
    stats.push(value);
    return `${lineStart(line, params)} ] = ${decimals(value, 3)}`;
  });
  return { stats, lines };
}

/** The printed line up to its limit on detections. */
export function lineStart({ area, iou, isPrecision, maxDets }: SummaryLine, { iouThrs }: Params): string {
  const name = (isPrecision ? 'Average Precision' : 'Average Recall').padEnd(18);
  const range = [iouThrs[0], iouThrs[iouThrs.length - 1]].map((threshold) => decimals(threshold, 2)).join(':');
  const ious = (iou === undefined ? range : decimals(iou, 2)).padEnd(9);
  const limit = String(maxDets).padStart(3);
  return ` ${name} ${isPrecision ? '(AP)' : '(AR)'} @[ IoU=${ious} | area=${area.padStart(6)} | maxDets=${limit}`;
}

/** Formats a number as Python does: ties round to the even digit, where `toFixed` rounds up. */
export function decimals(value: number, digits: number): string {
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs((value * 10 ** digits) % 1) === 0.5;
  const even = (2 * Math.round((value * 10 ** digits) / 2)) / 10 ** digits;
  return (isHalf ? even : value).toFixed(digits);
}
