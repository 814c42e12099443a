/** Numbers that seem random and that `fixtures/masks.py` draws alike. */

/** Every case goes with it. */
const SEED = 1;

/** 32 bits of a seed and a number. */
export function mix(seed: number, i: number): number {
  let x = seed + Math.imul(i, 0x9e3779b9);
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

export class Draws {
  readonly #seed: number;
  #count = 0;

  constructor(section: number, index: number) {
    this.#seed = mix(mix(SEED, section), index);
  }

  next(): number {
    return mix(this.#seed, ++this.#count);
  }

  below(n: number): number {
    return Math.floor((this.next() * n) / 2 ** 32);
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** 1 to 4096; every power of two alike with one try, smaller ones more often with more. */
  side(tries: number): number {
    const power = Math.min(...Array.from({ length: tries }, () => this.below(13)));
    return power === 12 ? 4096 : 2 ** power + this.below(2 ** power);
  }

  /** What a function draws, so many times over. */
  list<T>(length: number, draw: (i: number) => T): T[] {
    return Array.from({ length }, (_, i) => draw(i));
  }
}
