import { type AccumulatedGrids, accumulateCategory, Curve } from './accumulate.ts';
import { CategoryEvaluator, type Compared, type ComparedRows } from './category-evaluator.ts';

/**
 * Evaluates and accumulates categories until none is left. Several threads may do so at once: each takes the next.
 *
 * @param next the next category; shared by the threads
 * @param grids all −1; shared by the threads
 */
export function accumulateCategories(
  compared: Compared,
  rows: ComparedRows,
  next: Int32Array,
  grids: AccumulatedGrids,
): void {
  const { categories, useCategories } = compared.selection;
  const count = useCategories ? categories : 1;
  const evaluator = new CategoryEvaluator(compared, rows);
  let curve: Curve | undefined;
  for (let k = Atomics.add(next, 0, 1); k < count; k = Atomics.add(next, 0, 1)) {
    const one = evaluator.evaluate(k);
    if (curve) curve.turnTo(one);
    else curve = new Curve(one);
    accumulateCategory(one, 0, curve, grids, k);
  }
}
