/** Which classes were taken for which. */
export interface ConfusionMatrix {
  /** Indices of the classes that occur as label or as prediction, ascending. */
  readonly classes: readonly number[];
  /** Images by label (row) and prediction (column), both in the order of `classes`. */
  readonly counts: readonly (readonly number[])[];
}

/** Counts pairs of label and prediction; what does not occur takes no memory. */
export class ConfusionCounts {
  readonly #rows = new Map<number, Map<number, number>>();

  add(label: number, prediction: number): void {
    const row = this.#rows.get(label) ?? new Map<number, number>();
    row.set(prediction, (row.get(prediction) ?? 0) + 1);
    this.#rows.set(label, row);
  }

  matrix(): ConfusionMatrix {
    const occurring = new Set(this.#rows.keys());
    for (const row of this.#rows.values()) for (const prediction of row.keys()) occurring.add(prediction);
    const classes = [...occurring].sort((a, b) => a - b);
    const counts = classes.map((label) => classes.map((prediction) => this.#rows.get(label)?.get(prediction) ?? 0));
    return { classes, counts };
  }
}
