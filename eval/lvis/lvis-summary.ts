import type { Accumulated } from '../cocoeval/accumulate.ts';
import { decimals, lineStart, meanAt, type SummaryLine } from '../cocoeval/summary.ts';
import type { Frequency } from './lvis-format.ts';

interface LvisLine extends SummaryLine {
  readonly name: string;
  /** The categories' frequency; all categories by default. */
  readonly frequency?: Frequency;
}

/** lvis-api's thirteen numbers. */
function linesOf(maxDets: number): LvisLine[] {
  const precision = { isPrecision: true, area: 'all', maxDets };
  const recall = { ...precision, isPrecision: false };
  const areas = ['small', 'medium', 'large'];
  return [
    { ...precision, name: 'AP' },
    { ...precision, name: 'AP50', iou: 0.5 },
    { ...precision, name: 'AP75', iou: 0.75 },
    ...areas.map((area) => ({ ...precision, name: `AP${area[0]}`, area })),
    ...(['r', 'c', 'f'] as const).map((frequency) => ({ ...precision, name: `AP${frequency}`, frequency })),
    { ...recall, name: `AR@${maxDets}` },
    ...areas.map((area) => ({ ...recall, name: `AR${area[0]}@${maxDets}`, area })),
  ];
}

/** The numbers by name, and the lines that lvis-api prints for them. */
export function summarizeLvis(
  accumulated: Accumulated,
  groups: Readonly<Record<Frequency, readonly number[]>>,
): { readonly results: Readonly<Record<string, number>>; readonly lines: readonly string[] } {
  const { params } = accumulated;
  const results: Record<string, number> = {};
  const lines = linesOf(params.maxDets[0]).map((line) => {
    const { area, frequency, name } = line;
    // When categories are ignored, none has a frequency.
    const categories = frequency && (params.useCats ? groups[frequency] : []);
    const value = meanAt(accumulated, line, categories);
    results[name] = value;
    const start = lineStart({ ...line, area: area === 'all' ? area : area[0] }, params);
    return `${start} catIds=${(frequency ?? 'all').padStart(3)}] = ${decimals(value, 3)}`;
  });
  return { results, lines };
}
