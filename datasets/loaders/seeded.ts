import { Random } from '../../io/random.ts';

/** Uses of random numbers; each has its own streams. */
const purposes = { order: 1, sample: 2, mix: 3, choices: 4, split: 5, depth: 6 } as const;

/**
 * The generator of one place in a run. It is always the same and unrelated to that of any other place, so work can be
 * split in any way, done in any order, and resumed in the middle.
 *
 * @param seed any safe integer
 * @param place whole numbers below 2³², such as an epoch and an image's index
 */
export function seeded(seed: number, purpose: keyof typeof purposes, ...place: readonly number[]): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a safe integer, not ${seed}`);
  const keys = [purposes[purpose], seed, Math.floor(seed / 2 ** 32), ...place];
  return Random.fromState(LANES.map((lane) => keys.reduce((hash, key) => mixed(hash ^ key), lane) >>> 0));
}

/** Initial hashes of the four words of a state. */
const LANES = [0x9e3779b9, 0x3c6ef372, 0xdaa66d2b, 0x78dde6e4];

/** A bijection of 32-bit numbers (splitmix32's): each input bit flips about half of the output bits. */
function mixed(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 15);
}
