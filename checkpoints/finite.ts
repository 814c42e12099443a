/** Whether all numbers are finite: each times 0 is 0, unless it is NaN or infinite. Four sums, for the processor's sake. */
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

/** How many of these numbers are NaN or infinite. */
function countNonFinite(floats: Float32Array): number {
  if (areFinite(floats)) return 0;
  return floats.reduce((count, value) => count + Number(!Number.isFinite(value)), 0);
}

/** What makes the numbers of a tensor unfit for a model, if anything: such as `3 of its 64 numbers are NaN or infinite`. */
export function numberProblem(name: string, floats: Float32Array): string | undefined {
  const nonFinite = countNonFinite(floats);
  if (nonFinite) return `${nonFinite} of its ${floats.length} numbers are NaN or infinite`;
  if (!name.endsWith('.running_var')) return undefined;
  let negative = 0;
  for (let i = 0; i < floats.length; i++) if (floats[i] < 0) negative++;
  return negative ? `${negative} of its ${floats.length} variances are negative` : undefined;
}
