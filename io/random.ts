/**
 * The project's only source of random numbers: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators"), seeded through splitmix32 so that neighboring seeds give unrelated streams. It uses only 32-bit
 * arithmetic, so every machine gets the same numbers. Not for secrets.
 */
export class Random {
  readonly #state = new Uint32Array(4);
  /** Box and Muller's method gives two normal values at a time; this is the second (NaN: none). */
  #spareNormal = Number.NaN;

  /** @param seed Any integer. */
  constructor(seed: number) {
    if (!Number.isInteger(seed)) throw new RangeError(`a seed must be an integer, not ${seed}`);
    let counter = (seed + Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) | 0;
    for (let i = 0; i < 4; i++) {
      counter = (counter + 0x9e3779b9) | 0;
      let mixed = counter ^ (counter >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      this.#state[i] = mixed ^ (mixed >>> 15);
    }
  }

  /** Continues exactly where a generator was when its {@link state} was read. */
  static fromState(state: readonly number[]): Random {
    const words = state.slice(0, 4);
    const whole = words.length === 4 && words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
    if (!whole || words.every((word) => word === 0)) throw new RangeError('not the state of a random generator');
    const random = new Random(0);
    random.#state.set(words);
    random.#spareNormal = state[4] ?? Number.NaN;
    return random;
  }

  /** The generator's full state, fit for JSON: four words, and the spare normal value if any. */
  get state(): number[] {
    return Number.isNaN(this.#spareNormal) ? [...this.#state] : [...this.#state, this.#spareNormal];
  }

  /** 32 random bits as an integer in [0, 2³²). */
  bits(): number {
    const s = this.#state;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [low, high), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
    return low + (high - low) * unit;
  }

  /** A normally distributed number (Box and Muller). */
  normal(mean = 0, deviation = 1): number {
    let value = this.#spareNormal;
    if (Number.isNaN(value)) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      value = radius * Math.cos(angle);
      this.#spareNormal = radius * Math.sin(angle);
    } else {
      this.#spareNormal = Number.NaN;
    }
    return mean + deviation * value;
  }

  /** An integer in [0, below), each equally likely; `below` is at most 2³². */
  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new RangeError(`the bound of a random integer must be an integer in 1..2^32, not ${below}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % below); // bits beyond the last whole multiple would favor small numbers
    let bits = this.bits();
    while (bits >= limit) bits = this.bits();
    return bits % below;
  }

  /**
   * Shuffles in place (Fisher and Yates) and returns the array. With `count`, only the first `count` entries are final:
   * a uniform sample without replacement, in `count` steps.
   */
  shuffle<T extends unknown[] | Int32Array | Uint32Array>(array: T, count = array.length): T {
    const end = Math.min(count, array.length - 1);
    for (let i = 0; i < end; i++) {
      const other = i + this.integer(array.length - i);
      const kept = array[i];
      array[i] = array[other];
      array[other] = kept;
    }
    return array;
  }

  /** The integers 0..length-1 in random order. */
  permutation(length: number): Int32Array {
    return this.shuffle(Int32Array.from({ length }, (_, i) => i));
  }
}
