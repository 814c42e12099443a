// D detections and G objects of one image and category, T thresholds.

/** The objects of a group, and what its detections have in common with them. */
export interface MatchingObjects {
  /** 1 for a crowd, which may match many detections. */
  readonly crowds: Uint8Array;
  /** For one area range: which are ignored, and the order in which they are tried: those that count, then ignored ones. */
  readonly inRange: { readonly order: Int32Array; readonly ignored: Uint8Array };
  /** `[D, G]` */
  readonly similarities: Float64Array;
}

/**
 * Matches each detection, best first, with its most similar object at each threshold (pycocotools' `cocoeval.py:
 * evaluateImg`). Ties go to the later object; an ignored object is taken only if no object that counts matches.
 */
export class Matcher {
  /** `[T, D]`: 1 + the detection's object, or 0. */
  detectionMatches = new Int32Array(1024);
  /** `[D]`: 1 if the detection has an object at any threshold. */
  isMatched = new Uint8Array(1024);
  /** `[T, G]`: 1 + the object's last detection, or 0. */
  objectMatches = new Int32Array(1024);
  readonly #thresholds: readonly number[];
  readonly #lowest: number;

  constructor(thresholds: readonly number[]) {
    this.#thresholds = thresholds.map((threshold) => Math.min(threshold, 1 - 1e-10));
    this.#lowest = Math.min(...this.#thresholds);
  }

  match(D: number, G: number, { crowds, inRange, similarities }: MatchingObjects): void {
    const { ignored, order } = inRange;
    const cells = this.#thresholds.length * Math.max(D, G);
    if (cells > this.detectionMatches.length) {
      this.detectionMatches = new Int32Array(2 * cells);
      this.objectMatches = new Int32Array(2 * cells);
      this.isMatched = new Uint8Array(2 * cells);
    }
    const { detectionMatches, isMatched, objectMatches } = this;
    const lowest = this.#lowest;
    detectionMatches.fill(0, 0, this.#thresholds.length * D);
    objectMatches.fill(0, 0, this.#thresholds.length * G);
    isMatched.fill(0, 0, D);
    for (let d = 0; d < D; d++) {
      const row = d * G;
      let highest = -1;
      for (let g = 0; g < G; g++) if (similarities[row + g] > highest) highest = similarities[row + g];
      if (!(highest >= lowest)) continue;
      for (let t = 0; t < this.#thresholds.length; t++) {
        let best = this.#thresholds[t];
        if (highest < best) continue;
        let match = -1;
        for (let i = 0; i < G; i++) {
          const g = order[i];
          if (objectMatches[t * G + g] && !crowds[g]) continue;
          if (match >= 0 && !ignored[match] && ignored[g]) break;
          if (similarities[row + g] < best) continue;
          best = similarities[row + g];
          match = g;
        }
        if (match < 0) continue;
        detectionMatches[t * D + d] = match + 1;
        objectMatches[t * G + match] = d + 1;
        isMatched[d] = 1;
      }
    }
  }
}

/**
 * Marks objects that an area range ignores, and orders the objects; writes to the given arrays. @returns the number
 * that count
 */
export function orderObjects(
  objects: { readonly areas: Float64Array; readonly ignored: Uint8Array },
  [smallest, largest]: readonly [number, number],
  count: number,
  into: { readonly order: Int32Array; readonly ignored: Uint8Array },
): number {
  let counted = 0;
  for (let g = 0; g < count; g++) {
    const area = objects.areas[g];
    into.ignored[g] = objects.ignored[g] || area < smallest || area > largest ? 1 : 0;
    if (!into.ignored[g]) into.order[counted++] = g;
  }
  for (let g = 0, at = counted; g < count; g++) if (into.ignored[g]) into.order[at++] = g;
  return counted;
}
