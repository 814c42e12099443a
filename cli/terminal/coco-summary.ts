import type { ImageId } from '../../datasets/index.ts';
import type { COCOeval } from '../../eval/cocoeval/coco-eval.ts';
import type { IouType } from '../../eval/cocoeval/params.ts';
import { type CategoryAP, statNames } from '../../eval/cocoeval/summary.ts';
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
}

/** What is printed of an evaluation. */
export interface EvaluatedNumbers {
  readonly type: IouType;
  readonly stats: readonly number[];
  /** The lines that pycocotools prints. */
  readonly lines: readonly string[];
  readonly perCategory: readonly CategoryAP[];
  readonly warnings: readonly string[];
}

/** Prints numbers as pycocotools does, or as JSON, and notes the warnings. */
export async function printNumbers(
  { lines, perCategory, stats, type, warnings }: EvaluatedNumbers,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  for (const warning of warnings) terminal.note(warning);
  const named = Object.fromEntries(statNames(type).map((name, i) => [name, stats[i]]));
  await (json ? terminal.printJson({ type, stats, ...named, perCategory }) : terminal.print(lines.join('\n')));
}

/** Prints an accumulated evaluation as pycocotools does, or as JSON, and writes the report. */
export async function printEvaluation(
  evaluation: COCOeval,
  { images, json, report, title }: EvaluationOutput,
  terminal: Terminal,
): Promise<void> {
  const warnings = [...evaluation.cocoGt.warnings, ...evaluation.cocoDt.warnings];
  const lines: string[] = [];
  evaluation.summarize((line) => lines.push(line));
  const { perCategory, params, stats } = evaluation;
  await printNumbers({ type: params.iouType, stats, lines, perCategory, warnings }, json, terminal);
  if (report === undefined) return;
  const { analyzeDetections, writeDetectionReport } = await import('../../eval/index.ts');
  const analysis = analyzeDetections(evaluation);
  await writeDetectionReport(report, { title, analysis, warnings, ...(images && { images }) });
  terminal.note(`report: ${report}/report.html`);
}
