type Sums = Readonly<Record<string, number>>;

/** Means over images, updated a batch at a time. A checkpoint can store and resume them. */
export class RunningMeans {
  #sums: Record<string, number>;

  constructor(state: Sums = {}) {
    this.#sums = { ...state };
  }

  /** @param sums sums over `images` images, by name */
  add(images: number, sums: Sums): void {
    for (const [name, sum] of Object.entries({ ...sums, images })) this.#sums[name] = (this.#sums[name] ?? 0) + sum;
  }

  get images(): number {
    return this.#sums.images ?? 0;
  }

  mean(name: string): number {
    return (this.#sums[name] ?? 0) / this.images;
  }

  clear(): void {
    this.#sums = {};
  }

  get state(): Sums {
    return { ...this.#sums };
  }
}
