import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CocoDataset, CocoResult } from '../../../datasets/index.ts';
import type { ScoreThreshold } from '../../../eval/analysis/best-threshold.ts';
import type { ErrorCost } from '../../../eval/analysis/error-breakdown.ts';
import type { ErrorType } from '../../../eval/analysis/error-types.ts';
import { COCO, COCOeval, type IouType } from '../../../eval/index.ts';
import { fixturesDir } from '../../shared-data.ts';

/** A case of `detection_analysis.py`. */
export interface RandomCase {
  readonly type: IouType;
  readonly maxDets: number;
  readonly dataset: CocoDataset;
  readonly results: readonly CocoResult[];
  readonly expected: {
    readonly AP50: number;
    readonly errors: Readonly<Record<ErrorType, ErrorCost>>;
    readonly falsePositives: ErrorCost;
    readonly falseNegatives: ErrorCost;
    readonly best: ScoreThreshold;
    readonly thresholds: readonly (ScoreThreshold | null)[];
    readonly confusion: readonly { readonly score: number; readonly matrix: readonly (readonly number[])[] }[];
  };
}

export const randomCases = JSON.parse(
  readFileSync(join(fixturesDir, 'detection_analysis.json'), 'utf8'),
) as readonly RandomCase[];

/** Evaluated and accumulated. */
export function evaluated(
  dataset: CocoDataset,
  results: readonly CocoResult[],
  type: IouType = 'bbox',
  maxDets?: number,
  change: (e: COCOeval) => void = () => {},
): COCOeval {
  const gt = new COCO(dataset);
  const e = new COCOeval(gt, gt.loadRes(results), type);
  if (maxDets !== undefined) e.params.maxDets = [1, 1, maxDets];
  change(e);
  e.evaluate();
  e.accumulate();
  return e;
}

export const evaluatedCase = ({ dataset, maxDets, results, type }: RandomCase): COCOeval =>
  evaluated(dataset, results, type, maxDets);
