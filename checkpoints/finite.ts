/**
 * Whether all numbers are finite: x · 0 is 0 unless x is NaN or infinite. Four sums let the processor work in parallel.
 */
function areFinite(floats: Float32Array): boolean {
  const whole = floats.length - (floats.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += floats[i] * 0;
    b += floats[i + 1] * 0;
    c += floats[i + 2] * 0;
    d += floats[i + 3] * 0;
  }
  for (let i = whole; i < floats.length; i++) a += floats[i] * 0;
  return a + b + c + d === 0;
}

/** Counts the numbers that are NaN or infinite. */
function countNonFinite(floats: Float32Array): number {
  if (areFinite(floats)) return 0;
  return floats.reduce((count, value) => count + Number(!Number.isFinite(value)), 0);
}

/**
 * Why a tensor's numbers are unusable, such as `3 of its 64 numbers are NaN or infinite`; undefined if they are usable.
 */
export function numberProblem(name: string, floats: Float32Array): string | undefined {
  const nonFinite = countNonFinite(floats);
  if (nonFinite) return `${nonFinite} of its ${floats.length} numbers are NaN or infinite`;
  if (!name.endsWith('.running_var')) return undefined;
  let negative = 0;
  for (let i = 0; i < floats.length; i++) if (floats[i] < 0) negative++;
  return negative ? `${negative} of its ${floats.length} variances are negative` : undefined;
}
