import type { Random } from '../../io/random.ts';

/** A random number of the distribution Beta(α, α): 0 to 1, symmetric about ½. */
export function symmetricBeta(alpha: number, random: Random): number {
  // In logarithms, since both numbers may underflow for a small α.
  const [first, second] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(second - first));
}

/** The logarithm of a random number of the distribution Gamma(α) (Marsaglia and Tsang, 2000). */
function logGamma(alpha: number, random: Random): number {
  // Their method needs α ≥ 1; below, a number of Gamma(α + 1) is multiplied by a uniform one to the power 1/α.
  if (alpha < 1) return logGamma(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return Math.log(d) + Math.log(v);
    }
  }
}
