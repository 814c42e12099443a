import type { AnnotationTable } from '../coco/annotation-table.ts';
import type { EvaluationRules } from './evaluation.ts';

/** A group's objects, in arrays that are reused for the next group. */
export class GroupBuffers {
  areas = new Float64Array(64);
  ignored = new Uint8Array(64);
  crowds = new Uint8Array(64);
  inRange = { order: new Int32Array(64), ignored: new Uint8Array(64) };
  similarities = new Float64Array(1024);

  fill(table: AnnotationTable, rows: Int32Array, rules: EvaluationRules, detections: number): void {
    const count = rows.length;
    if (count > this.areas.length) {
      this.areas = new Float64Array(2 * count);
      this.ignored = new Uint8Array(2 * count);
      this.crowds = new Uint8Array(2 * count);
      this.inRange = { order: new Int32Array(2 * count), ignored: new Uint8Array(2 * count) };
    }
    if (count * detections > this.similarities.length) this.similarities = new Float64Array(2 * count * detections);
    for (let g = 0; g < count; g++) {
      const row = rows[g];
      this.areas[g] = table.areas[row];
      this.ignored[g] = rules.isObjectIgnored(row) ? 1 : 0;
      this.crowds[g] = rules.isCrowd(row) ? 1 : 0;
    }
  }
}
