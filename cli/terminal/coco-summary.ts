import type { ImageId } from '../../datasets/index.ts';
import type { COCOeval } from '../../eval/cocoeval/coco-eval.ts';
import { statNames } from '../../eval/cocoeval/summary.ts';
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

/** Prints an accumulated evaluation as pycocotools does, or as JSON, and writes the report. */
export async function printEvaluation(
  evaluation: COCOeval,
  { images, json, report, title }: EvaluationOutput,
  terminal: Terminal,
): Promise<void> {
  const warnings = [...evaluation.cocoGt.warnings, ...evaluation.cocoDt.warnings];
  for (const warning of warnings) terminal.note(warning);
  const lines: string[] = [];
  evaluation.summarize((line) => lines.push(line));
  const { perCategory, params, stats } = evaluation;
  const named = Object.fromEntries(statNames(params.iouType).map((name, i) => [name, stats[i]]));
  const numbers = { type: params.iouType, stats, ...named, perCategory };
  await (json ? terminal.printJson(numbers) : terminal.print(lines.join('\n')));
  if (report === undefined) return;
  const { analyzeDetections, writeDetectionReport } = await import('../../eval/index.ts');
  const analysis = analyzeDetections(evaluation);
  await writeDetectionReport(report, { title, analysis, warnings, ...(images && { images }) });
  terminal.note(`report: ${report}/report.html`);
}
