import { Random } from '../../io/random.ts';

/** What random numbers are for: each purpose has streams of its own. */
const purposes = { order: 1, sample: 2, mix: 3, choices: 4, split: 5 } as const;

/**
 * The generator of one place in a run: the same wherever and whenever it is asked for, unrelated to that of any other
 * place. Hence work can be cut into any pieces, done in any order, and taken up in the middle.
 *
 * @param seed any safe integer
 * @param place such as an epoch and the index of an image: whole numbers below 2³²
 */
export function seeded(seed: number, purpose: keyof typeof purposes, ...place: readonly number[]): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a safe integer, not ${seed}`);
  const keys = [purposes[purpose], seed, Math.floor(seed / 2 ** 32), ...place];
  return Random.fromState(LANES.map((lane) => keys.reduce((hash, key) => mixed(hash ^ key), lane) >>> 0));
}

/** Where the hashes of the four words of a state start. */
const LANES = [0x9e3779b9, 0x3c6ef372, 0xdaa66d2b, 0x78dde6e4];

/** A bijection of 32-bit numbers (splitmix32's), in which every bit of the input flips about half of the output's. */
function mixed(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 15);
}
