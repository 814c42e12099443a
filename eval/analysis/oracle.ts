import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { type ErrorType, errorTypes, type TypedErrors } from './error-types.ts';
import { FALSE_ALARM, HIT, type Outcomes } from './outcomes.ts';
import type { Ranking } from './ranking.ts';

const LOCALISATION = errorTypes.indexOf('localisation');
const CLASSIFICATION = errorTypes.indexOf('classification');

/** Rankings of the detections with some errors corrected. */
export class Oracle {
  readonly #e: COCOeval;
  readonly #outcomes: Outcomes;
  readonly #typed: TypedErrors;

  constructor(e: COCOeval, outcomes: Outcomes, typed: TypedErrors) {
    this.#e = e;
    this.#outcomes = outcomes;
    this.#typed = typed;
  }

  withoutType(type: ErrorType): Ranking {
    const { types } = this.#typed;
    const wrong = errorTypes.indexOf(type);
    return this.without((row) => types[row] === wrong);
  }

  /** The ranking without some false detections, and with others turned into hits. */
  without(isTaken: (row: number) => boolean, isHit: (row: number) => boolean = () => false): Ranking {
    const { categoryStarts, rows } = this.#e.evaluationDone;
    const { verdicts } = this.#outcomes.detections;
    const kept = { rows: new Int32Array(rows.length), hits: new Uint8Array(rows.length) };
    const starts = new Int32Array(categoryStarts.length);
    let count = 0;
    for (let k = 0; k + 1 < categoryStarts.length; k++) {
      for (let i = categoryStarts[k]; i < categoryStarts[k + 1]; i++) {
        const row = rows[i];
        const hit = verdicts[row] === HIT || isHit(row);
        if (!hit && (verdicts[row] !== FALSE_ALARM || isTaken(row))) continue;
        kept.rows[count] = row;
        kept.hits[count++] = hit ? 1 : 0;
      }
      starts[k + 1] = count;
    }
    return { rows: kept.rows.subarray(0, count), hits: kept.hits.subarray(0, count), categoryStarts: starts };
  }

  relocated(): Ranking {
    const { types } = this.#typed;
    const best = this.#bestOfEachTarget(LOCALISATION);
    return this.without(
      (row) => types[row] === LOCALISATION,
      (row) => best.has(row),
    );
  }

  /** Each detection goes where it would have ranked with the right class. */
  reclassified(): Ranking {
    const { images } = this.#outcomes.detections;
    const { categories } = this.#outcomes.objects;
    const { scores } = this.#e.cocoDt.table;
    const others = this.withoutType('classification');
    const moved = new Map<number, number[]>();
    for (const row of this.#bestOfEachTarget(CLASSIFICATION)) {
      const category = categories[this.#typed.targets[row]];
      const list = moved.get(category) ?? [];
      list.push(row);
      moved.set(category, list);
    }
    const before = (a: number, b: number) => scores[b] - scores[a] || images[a] - images[b] || a - b;
    const count = others.rows.length + [...moved.values()].reduce((sum, list) => sum + list.length, 0);
    const rows = new Int32Array(count);
    const hits = new Uint8Array(count);
    const starts = new Int32Array(others.categoryStarts.length);
    let at = 0;
    for (let k = 0; k + 1 < starts.length; k++) {
      const arrivals = (moved.get(k) ?? []).sort(before);
      let next = 0;
      const arrive = (row: number) => {
        rows[at] = row;
        hits[at++] = 1;
      };
      for (let i = others.categoryStarts[k]; i < others.categoryStarts[k + 1]; i++) {
        while (next < arrivals.length && before(arrivals[next], others.rows[i]) < 0) arrive(arrivals[next++]);
        rows[at] = others.rows[i];
        hits[at++] = others.hits[i];
      }
      while (next < arrivals.length) arrive(arrivals[next++]);
      starts[k + 1] = at;
    }
    return { rows, hits, categoryStarts: starts };
  }

  /** Among the errors of a type: the detection with the highest score for each object that has none. */
  #bestOfEachTarget(type: number): Set<number> {
    const { targets, types } = this.#typed;
    const { scores } = this.#e.cocoDt.table;
    const { detections } = this.#outcomes.objects;
    const best = new Map<number, number>();
    for (const [row, target] of targets.entries()) {
      if (types[row] !== type || detections[target] >= 0) continue;
      const known = best.get(target);
      if (known === undefined || scores[row] > scores[known]) best.set(target, row);
    }
    return new Set(best.values());
  }
}
