// K categories.

import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { meanOfKnown } from '../cocoeval/pairwise-sum.ts';
import { type ErrorType, errorTypes, type TypedErrors, typeErrors } from './error-types.ts';
import { Oracle } from './oracle.ts';
import { FALSE_ALARM, type Outcomes } from './outcomes.ts';
import { averagePrecisions, type Ranking } from './ranking.ts';

/** What errors of one type cost. */
export interface ErrorCost {
  readonly count: number;
  /** The gain in AP at IoU .5 when only these errors are corrected. */
  readonly dAP: number;
}

/** What each type of error costs in AP. */
export interface ErrorCosts {
  /** At IoU .5, over all areas, at the largest limit on detections; -1 without objects. */
  readonly AP: number;
  readonly errors: Readonly<Record<ErrorType, ErrorCost>>;
  /** All false detections, and all objects without a detection. */
  readonly falsePositives: ErrorCost;
  readonly falseNegatives: ErrorCost;
}

/** What errors cost in AP, of all categories and of each. */
export interface ErrorBreakdown extends ErrorCosts {
  /**
   * By evaluated category. A detection counts under its own category, an object under its own; a corrected class
   * changes the AP of both.
   */
  readonly categories: readonly ErrorCosts[];
}

const [FIRST, LAST] = [errorTypes.indexOf('classification'), errorTypes.indexOf('background')];

/**
 * TIDE's errors, and the AP that each costs:
 * - classification: the class is corrected; localisation: the box is corrected. If the object already has a
 *   detection, or a better error of this type, the detection is removed instead;
 * - both, duplicate, background: the detection is removed;
 * - missed: the object is removed.
 *
 * Each type is corrected alone, as in the paper. The authors' program pairs an object with the best of its
 * classification and localisation errors together, so it may report a lower cost for these two. If removal leaves a
 * category without objects, its AP is 0 if it has detections; else the mean leaves it out.
 */
export function breakDownErrors(e: COCOeval, outcomes: Outcomes): ErrorBreakdown {
  const { evaluationDone: evaluation } = e;
  const { positives } = outcomes;
  const { scores } = e.cocoDt.table;
  const typed = typeErrors(outcomes);
  const { alarms, missed, unfound } = countErrors(outcomes, typed);
  const remaining = (taken?: Float64Array) =>
    Array.from(positives, (count, k) => (count ? count - (taken?.[k] ?? 0) : -1));
  const measure = (ranking: Ranking, objects: number[]) => averagePrecisions(ranking, scores, objects, evaluation);

  const oracle = new Oracle(e, outcomes, typed);
  const asIs = oracle.without(() => false);
  const fixed = {
    classification: measure(oracle.reclassified(), remaining()),
    localisation: measure(oracle.relocated(), remaining()),
    both: measure(oracle.withoutType('both'), remaining()),
    duplicate: measure(oracle.withoutType('duplicate'), remaining()),
    background: measure(oracle.withoutType('background'), remaining()),
    missed: measure(asIs, remaining(missed)),
    falsePositives: measure(
      oracle.without((row) => outcomes.detections.verdicts[row] === FALSE_ALARM),
      remaining(),
    ),
    falseNegatives: measure(asIs, remaining(unfound)),
  };
  const base = measure(asIs, remaining());
  const all = alarms.reduce((sums, counts) => sums.map((sum, k) => sum + counts[k]));
  const costs = (select: (values: readonly number[]) => number, countOf: (counts: ArrayLike<number>) => number) => {
    const AP = select(base);
    const cost = (values: readonly number[], counts: ArrayLike<number>): ErrorCost => ({
      count: countOf(counts),
      dAP: AP < 0 || select(values) < 0 ? 0 : select(values) - AP,
    });
    const errors = Object.fromEntries(
      errorTypes.map((type, i) => [type, cost(fixed[type], type === 'missed' ? missed : alarms[i])]),
    ) as Record<ErrorType, ErrorCost>;
    return {
      AP,
      errors,
      falsePositives: cost(fixed.falsePositives, all),
      falseNegatives: cost(fixed.falseNegatives, unfound),
    };
  };
  const sum = (counts: ArrayLike<number>) => Array.from(counts).reduce((total, count) => total + count, 0);
  return {
    ...costs(meanOfKnown, sum),
    categories: base.map((_, k) =>
      costs(
        (values) => values[k],
        (counts) => counts[k],
      ),
    ),
  };
}

/** Counts errors by category: false detections of each type, missed objects, and all objects without a detection. */
function countErrors({ categories, detections, objects }: Outcomes, { missed, types }: TypedErrors) {
  const alarms = Array.from({ length: LAST - FIRST + 1 }, () => new Float64Array(categories));
  const counts = { alarms, missed: new Float64Array(categories), unfound: new Float64Array(categories) };
  for (const [row, type] of types.entries()) if (type >= 0) alarms[type][detections.categories[row]]++;
  for (const [object, category] of objects.categories.entries()) {
    if (category < 0) continue;
    counts.missed[category] += missed[object];
    if (objects.detections[object] < 0) counts.unfound[category]++;
  }
  return counts;
}
