/** An image that was predicted wrongly. */
export interface Mistake {
  /** Index of the image in its data set. */
  readonly image: number;
  /** Index of the true class. */
  readonly label: number;
  /** Index of the predicted class. */
  readonly prediction: number;
  /** Probability of the predicted class. */
  readonly probability: number;
  /** Probability of the true class. */
  readonly labelProbability: number;
}

/** Keeps the mistakes of the highest probability, most confident first; ties go to the first. */
export class MostConfidentMistakes {
  readonly #kept: Mistake[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  add(mistake: Mistake): void {
    const kept = this.#kept;
    let place = kept.length;
    while (place > 0 && kept[place - 1].probability < mistake.probability) place--;
    if (place >= this.#count) return;
    kept.splice(place, 0, mistake);
    if (kept.length > this.#count) kept.pop();
  }

  list(): Mistake[] {
    return [...this.#kept];
  }
}
