/**
 * Sorting and selecting scores in linear time, by the bits of their single-precision form. Both orders are descending,
 * equal values keep their order (the lower index first), +0 equals −0, and NaN counts as the greatest, as in
 * `torch.sort` and `torch.topk`. (Torch itself leaves the order of equal values open.)
 */

/** A number's rank, from its bits as a signed integer: greater numbers have greater keys, all of them from 0 to 2³²−1. */
function keyOf(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 0xffffffff;
  if (bits === -0x80000000) return 0x80000000;
  return (bits ^ ((bits >> 31) | 0x80000000)) >>> 0;
}

const bitsOf = (values: Float32Array) => new Int32Array(values.buffer, values.byteOffset, values.length);

/** Indexes of the values in descending order: a radix sort of three passes over 11 bits each. */
export function argsortDescending(values: Float32Array): Int32Array {
  const bits = bitsOf(values);
  const length = values.length;
  let keys = new Uint32Array(length);
  let order = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    keys[i] = ~keyOf(bits[i]);
    order[i] = i;
  }
  let nextKeys = new Uint32Array(length);
  let nextOrder = new Int32Array(length);
  const starts = new Int32Array(2048);
  for (const shift of [0, 11, 22]) {
    starts.fill(0);
    for (let i = 0; i < length; i++) starts[(keys[i] >>> shift) & 2047]++;
    for (let digit = 0, start = 0; digit < 2048; digit++) {
      const count = starts[digit];
      starts[digit] = start;
      start += count;
    }
    for (let i = 0; i < length; i++) {
      const place = starts[(keys[i] >>> shift) & 2047]++;
      nextKeys[place] = keys[i];
      nextOrder[place] = order[i];
    }
    [keys, nextKeys] = [nextKeys, keys];
    [order, nextOrder] = [nextOrder, order];
  }
  return order;
}

/**
 * Indexes of the `k` greatest values in descending order; all of them, sorted, when there are no more than `k`. A
 * histogram of the upper half of the keys tells where the k-th greatest lies, so that little more than `k` values are
 * sorted.
 */
export function topK(values: Float32Array, k: number): Int32Array {
  if (k >= values.length) return argsortDescending(values);
  if (k <= 0) return new Int32Array(0);
  const bits = bitsOf(values);
  const histogram = new Int32Array(65536);
  for (let i = 0; i < bits.length; i++) histogram[keyOf(bits[i]) >>> 16]++;
  let digit = histogram.length - 1;
  let candidates = histogram[digit];
  while (candidates < k) candidates += histogram[--digit];

  const least = digit * 65536;
  const rows = new Int32Array(candidates);
  const rowValues = new Float32Array(candidates);
  for (let i = 0, count = 0; count < candidates; i++) {
    if (keyOf(bits[i]) < least) continue;
    rows[count] = i;
    rowValues[count++] = values[i];
  }
  return argsortDescending(rowValues)
    .subarray(0, k)
    .map((candidate) => rows[candidate]);
}
