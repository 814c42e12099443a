import type { ImageId } from '../../datasets/index.ts';
import type { OperatingPoints } from '../../eval/analysis/operating-points.ts';
import type { COCOeval } from '../../eval/cocoeval/coco-eval.ts';
import type { IouType } from '../../eval/cocoeval/params.ts';
import { type CategoryAP, decimals, lineStart, meanAt, statNames } from '../../eval/cocoeval/summary.ts';
import type { Terminal } from './terminal.ts';

export const reportFlag = {
  report: {
    kind: 'text',
    value: 'DIR',
    help: 'write report.html with curves, errors and the worst images, report.json, categories.csv, curves.csv and confusion.csv there',
  },
} as const;

export interface EvaluationOutput {
  readonly json: boolean;
  /** The folder for the report, if any. */
  readonly report: string | undefined;
  readonly title: string;
  readonly images?: string | ReadonlyMap<ImageId, string> | undefined;
  /** Whether the best score threshold and oLRP are printed too. */
  readonly best?: boolean;
}

/** What is printed of an evaluation. */
export interface EvaluatedNumbers {
  readonly type: IouType;
  readonly stats: readonly number[];
  /** The lines that pycocotools prints. */
  readonly lines: readonly string[];
  readonly perCategory: readonly CategoryAP[];
  readonly warnings: readonly string[];
  /** Further fields of the JSON. */
  readonly more?: object;
}

/** Prints numbers as pycocotools does, or as JSON, and notes the warnings. */
export async function printNumbers(
  { lines, more, perCategory, stats, type, warnings }: EvaluatedNumbers,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  for (const warning of warnings) terminal.note(warning);
  const named = Object.fromEntries(statNames(type).map((name, i) => [name, stats[i]]));
  await (json ? terminal.printJson({ type, stats, ...named, ...more, perCategory }) : terminal.print(lines.join('\n')));
}

/** Prints an accumulated evaluation as pycocotools does, or as JSON, and writes the report. */
export async function printEvaluation(
  evaluation: COCOeval,
  { best, images, json, report, title }: EvaluationOutput,
  terminal: Terminal,
): Promise<void> {
  const warnings = [...evaluation.cocoGt.warnings, ...evaluation.cocoDt.warnings];
  const lines: string[] = [];
  evaluation.summarize((line) => lines.push(line));
  const { perCategory, params, stats } = evaluation;
  const further = furtherPrecisions(evaluation);
  lines.push(...further.lines);
  const numbers = { type: params.iouType, stats, lines, perCategory, warnings, more: further.more };
  const printed = best
    ? withThresholds(numbers, (await import('../../eval/index.ts')).operatingPoints(evaluation))
    : numbers;
  await printNumbers(printed, json, terminal);
  if (report === undefined) return;
  const { analyzeDetections, writeDetectionReport } = await import('../../eval/index.ts');
  const analysis = analyzeDetections(evaluation);
  await writeDetectionReport(report, { title, analysis, warnings, ...(images && { images }) });
  terminal.note(`report: ${report}/report.html`);
}

/** The areas that pycocotools' lines have. */
const STANDARD_AREAS = ['all', 'small', 'medium', 'large'];

/**
 * The AP of what pycocotools' lines leave out: areas of one's own, and all objects where 100, the limit of its first line,
 * is not among the limits.
 */
function furtherPrecisions({ eval: accumulated, params }: COCOeval) {
  const most = Math.max(...params.maxDets);
  const isBeyond = params.iouType !== 'keypoints' && !params.maxDets.includes(100);
  const areas = [
    ...(isBeyond ? ['all'] : []),
    ...new Set(params.areaRngLbl.filter((area) => !STANDARD_AREAS.includes(area))),
  ];
  const measured = areas.map((area) => {
    const line = { isPrecision: true, area, maxDets: most };
    const AP = meanAt(accumulated!, line);
    return { area, AP, text: `${lineStart(line, params)} ] = ${decimals(AP, 3)}` };
  });
  const own = measured.filter(({ area }) => area !== 'all');
  return {
    lines: measured.map(({ text }) => text),
    more: {
      ...(isBeyond && { AP: measured[0].AP }),
      ...(own.length && { areas: own.map(({ AP, area }) => ({ name: area, AP })) }),
    },
  };
}

/** Adds the best threshold and oLRP to the lines, the JSON and its categories. */
function withThresholds(numbers: EvaluatedNumbers, { best, categories, lrp }: OperatingPoints): EvaluatedNumbers {
  const { type, lines, perCategory } = numbers;
  const similarity = type === 'keypoints' ? 'OKS' : 'IoU';
  const added = [
    best
      ? ` Best F1            @[ ${similarity}=0.50 | score > ${shortNumber(best.threshold)} ] = ${decimals(best.f1, 3)}, precision ${decimals(best.precision, 3)}, recall ${decimals(best.recall, 3)}`
      : ` Best F1            @[ ${similarity}=0.50 ] = -1: no detection is right`,
    ` Optimal LRP        @[ ${similarity}=0.50 ] = ${decimals(lrp.oLRP, 3)}, localisation ${decimals(lrp.localisation, 3)}, false positives ${decimals(lrp.falsePositives, 3)}, false negatives ${decimals(lrp.falseNegatives, 3)}`,
  ];
  return {
    ...numbers,
    lines: [...lines, ...added],
    more: { ...numbers.more, best, ...lrp },
    perCategory: perCategory.map((category, k) => ({ ...category, ...categories[Math.min(k, categories.length - 1)] })),
  };
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(6)));
