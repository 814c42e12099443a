/** Sets of 0 … count − 1 that are joined: a forest, whose roots are the least of their sets. */
export class DisjointSets {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  #rootOf(item: number): number {
    const parents = this.#parents;
    let at = item;
    while (parents[at] !== at) {
      // Path halving: the next search is shorter.
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  }

  areJoined(a: number, b: number): boolean {
    return this.#rootOf(a) === this.#rootOf(b);
  }

  join(a: number, b: number): void {
    const [left, right] = [this.#rootOf(a), this.#rootOf(b)];
    this.#parents[Math.max(left, right)] = Math.min(left, right);
  }

  /** The sets of two or more, by their least items. */
  groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (let item = 0; item < this.#parents.length; item++) {
      const root = this.#rootOf(item);
      const group = groups.get(root);
      if (group) group.push(item);
      else groups.set(root, [item]);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }
}
