import type { AnnotationTable } from '../coco/annotation-table.ts';
import { countsOf, NumberGrid, sizeOf } from '../cocoeval/accumulate.ts';
import { accumulateCategories } from '../cocoeval/accumulate-categories.ts';
import { boxSimilarity } from '../cocoeval/box-similarity.ts';
import type { ComparedRows } from '../cocoeval/category-evaluator.ts';
import type { Selection } from '../cocoeval/groups.ts';
import { Params } from '../cocoeval/params.ts';
import { standardRules } from '../cocoeval/rules.ts';
import type { Summarized } from '../cocoeval/summary.ts';

/** Numbers that threads fill together. */
export interface SharedNumbers {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

/** An evaluation of boxes that threads share: its numbers, and the next category, lie in memory of all of them. */
export interface SharedEvaluation extends SharedNumbers {
  readonly gt: AnnotationTable;
  readonly dt: AnnotationTable;
  readonly rows: ComparedRows;
  readonly selection: Selection;
  readonly params: Params;
  readonly next: Int32Array;
}

/** Numbers that are still to be filled. */
export function sharedNumbers(params: Params): SharedNumbers {
  const [T, R, K, A, M] = countsOf(params);
  const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
  return { precision: shared(sizeOf([T, R, K, A, M])), recall: shared(sizeOf([T, K, A, M])) };
}

/** Fills numbers with −1, which means no value. */
export function fillShared({ precision, recall }: SharedNumbers): void {
  precision.fill(-1);
  recall.fill(-1);
}

/** Evaluates categories until none is left. @returns the numbers, complete when every thread has returned */
export function evaluateShared({ dt, gt, next, rows, selection, ...shared }: SharedEvaluation): Summarized {
  // What another thread has sent has no methods.
  const params = Object.assign(new Params(shared.params.iouType), shared.params);
  const [T, R, K, A, M] = countsOf(params);
  const grids = {
    precision: new NumberGrid([T, R, K, A, M], shared.precision),
    recall: new NumberGrid([T, K, A, M], shared.recall),
  };
  const compared = { gt, dt, selection, rules: standardRules(gt, boxSimilarity(dt, gt), false), params };
  accumulateCategories(compared, rows, next, grids);
  return { params, ...grids };
}
