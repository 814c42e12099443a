/** numpy's sum of a contiguous array, bit for bit: eight running sums per block, blocks added pairwise. */
export function pairwiseSum(values: ArrayLike<number>, start = 0, count = values.length): number {
  if (count < 8) {
    let sum = -0;
    for (let i = 0; i < count; i++) sum += values[start + i];
    return count ? sum : 0;
  }
  if (count > 128) {
    let half = count >> 1;
    half -= half % 8;
    return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, count - half);
  }
  const sums = Array.from({ length: 8 }, (_, k) => values[start + k]);
  let i = 8;
  for (; i < count - (count % 8); i += 8) for (let k = 0; k < 8; k++) sums[k] += values[start + i + k];
  let sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
  for (; i < count; i++) sum += values[start + i];
  return sum;
}

/** numpy's mean of the entries above -1, which means no value; -1 when none is left. */
export function meanOfKnown(values: ArrayLike<number>): number {
  const known = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > -1) known[count++] = values[i];
  return count ? pairwiseSum(known, 0, count) / count : -1;
}
