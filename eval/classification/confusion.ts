/** How often each class was predicted as which. */
export interface ConfusionMatrix {
  /** Indices of the classes that occur as label or prediction, ascending. */
  readonly classes: readonly number[];
  /** Number of images by label (row) and prediction (column), in the order of `classes`. */
  readonly counts: readonly (readonly number[])[];
}

/** Counts pairs of label and prediction; pairs that do not occur take no memory. */
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
