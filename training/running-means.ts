type Sums = Readonly<Record<string, number>>;

/** Means over images, a batch at a time, that can be kept in a checkpoint and gone on with. */
export class RunningMeans {
  #sums: Record<string, number>;

  constructor(state: Sums = {}) {
    this.#sums = { ...state };
  }

  /** @param sums over `images` images, by name */
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
