import type { Accumulated } from './accumulate.ts';
import { meanOfKnown } from './pairwise-sum.ts';
import type { Params } from './params.ts';

interface Line {
  readonly isPrecision: boolean;
  /** All thresholds, where none is named. */
  readonly iou?: number;
  readonly area: string;
  readonly maxDets: number;
}

/** pycocotools' twelve numbers; keypoints have ten. The first always reads 100 detections, whatever the limits are. */
function linesOf({ iouType, maxDets }: Params): Line[] {
  if (iouType === 'keypoints') {
    const of = (isPrecision: boolean): Line[] => [
      { isPrecision, area: 'all', maxDets: 20 },
      { isPrecision, iou: 0.5, area: 'all', maxDets: 20 },
      { isPrecision, iou: 0.75, area: 'all', maxDets: 20 },
      { isPrecision, area: 'medium', maxDets: 20 },
      { isPrecision, area: 'large', maxDets: 20 },
    ];
    return [...of(true), ...of(false)];
  }
  const [few, some, most] = maxDets;
  const bySize = (isPrecision: boolean): Line[] =>
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

/** The mean over what a line reads; -1 where there is nothing to read. */
export function meanAt({ precision, recall }: Accumulated, params: Params, line: Line, category?: number): number {
  const { areaRngLbl, iouThrs, maxDets } = params;
  const a = areaRngLbl.indexOf(line.area);
  const m = maxDets.indexOf(line.maxDets);
  if (a < 0 || m < 0) return -1;
  const grid = line.isPrecision ? precision : recall;
  const [R, K] = line.isPrecision ? grid.shape.slice(1, 3) : [1, grid.shape[1]];
  const values: number[] = [];
  iouThrs.forEach((threshold, t) => {
    if (line.iou !== undefined && threshold !== line.iou) return;
    for (let r = 0; r < R; r++) {
      for (let k = category ?? 0; k < (category === undefined ? K : category + 1); k++) {
        values.push(line.isPrecision ? grid.at(t, r, k, a, m) : grid.at(t, k, a, m));
      }
    }
  });
  return meanOfKnown(values);
}

/** The numbers, and the lines that pycocotools prints of them. */
export function summarizeAll(
  accumulated: Accumulated,
  params: Params,
): { readonly stats: number[]; readonly lines: string[] } {
  const { iouThrs } = params;
  const stats: number[] = [];
  const lines = linesOf(params).map((line) => {
    const value = meanAt(accumulated, params, line);
    stats.push(value);
    const name = (line.isPrecision ? 'Average Precision' : 'Average Recall').padEnd(18);
    const short = line.isPrecision ? '(AP)' : '(AR)';
    const range = `${iouThrs[0].toFixed(2)}:${iouThrs[iouThrs.length - 1].toFixed(2)}`;
    const iou = (line.iou === undefined ? range : line.iou.toFixed(2)).padEnd(9);
    const limit = String(line.maxDets).padStart(3);
    return ` ${name} ${short} @[ IoU=${iou} | area=${line.area.padStart(6)} | maxDets=${limit} ] = ${value.toFixed(3)}`;
  });
  return { stats, lines };
}
