import { type COCOeval, statNames } from '../eval/index.ts';
import type { Terminal } from './terminal.ts';

/** Numbers of COCO's evaluation, as the contract of `--json` has them. */
export interface CocoNumbers {
  readonly type: string;
  readonly stats: readonly number[];
  readonly perCategory: COCOeval['perCategory'];
  /** AP, AP50 … by name. */
  readonly [name: string]: unknown;
}

/** Evaluates, and prints the numbers as pycocotools does, or as JSON. */
export async function printEvaluation(evaluation: COCOeval, json: boolean, terminal: Terminal): Promise<CocoNumbers> {
  for (const warning of [...evaluation.cocoGt.warnings, ...evaluation.cocoDt.warnings]) terminal.note(warning);
  evaluation.evaluate();
  evaluation.accumulate();
  const lines: string[] = [];
  evaluation.summarize((line) => lines.push(line));
  const { perCategory, params, stats } = evaluation;
  const named = Object.fromEntries(statNames(params.iouType).map((name, i) => [name, stats[i]]));
  const numbers = { type: params.iouType, stats, ...named, perCategory };
  await terminal.print(json ? JSON.stringify(numbers, null, 2) : lines.join('\n'));
  return numbers;
}
