/** An image that was taken for something else. */
export interface Mistake {
  /** Place of the image in its data set. */
  readonly image: number;
  /** Index of the class it shows. */
  readonly label: number;
  /** Index of the class it was taken for. */
  readonly prediction: number;
  /** Probability given to the prediction. */
  readonly probability: number;
  /** Probability given to the class it shows. */
  readonly labelProbability: number;
}

/** Keeps the mistakes of the highest probability, most confident first; of equals those that came first. */
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
