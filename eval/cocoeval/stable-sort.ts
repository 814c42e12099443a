/** Runs up to this length are sorted by insertion. */
const RUN = 12;

/** Sorts `order` by the keys at its entries, highest first; ties keep their order (numpy's mergesort of -keys). */
export function sortDescending(order: Int32Array, keys: Float64Array, scratch: Int32Array): void {
  const count = order.length;
  for (let start = 0; start < count; start += RUN) {
    const end = Math.min(start + RUN, count);
    for (let i = start + 1; i < end; i++) {
      const entry = order[i];
      const key = keys[entry];
      let j = i - 1;
      for (; j >= start && keys[order[j]] < key; j--) order[j + 1] = order[j];
      order[j + 1] = entry;
    }
  }
  let [from, to] = [order, scratch];
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        const takesLeft = left < middle && (right >= end || keys[from[left]] >= keys[from[right]]);
        to[at] = takesLeft ? from[left++] : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from.subarray(0, count));
}

/**
 * Sorts `order` by the keys at its entries, highest first, then by `ties`, lowest first; what is equal in both keeps its
 * order.
 */
export function sortBestFirst(order: Int32Array, keys: Float64Array, ties: Float64Array, scratch: Int32Array): void {
  const count = order.length;
  for (let start = 0; start < count; start += RUN) {
    const end = Math.min(start + RUN, count);
    for (let i = start + 1; i < end; i++) {
      const entry = order[i];
      const key = keys[entry];
      const tie = ties[entry];
      let j = i - 1;
      for (; j >= start; j--) {
        const other = keys[order[j]];
        if (other > key || (other === key && ties[order[j]] <= tie)) break;
        order[j + 1] = order[j];
      }
      order[j + 1] = entry;
    }
  }
  let [from, to] = [order, scratch];
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        let takesLeft = left < middle;
        if (takesLeft && right < end) {
          const [l, r] = [keys[from[left]], keys[from[right]]];
          takesLeft = l > r || (l === r && ties[from[left]] <= ties[from[right]]);
        }
        to[at] = takesLeft ? from[left++] : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from.subarray(0, count));
}

/** Sorts `order` by the small whole numbers at its entries, lowest first; ties keep their order. */
export function sortByBucket(order: Int32Array, buckets: Int32Array, count: number): Int32Array {
  const starts = new Int32Array(count + 1);
  for (const entry of order) starts[buckets[entry] + 1]++;
  for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
  const sorted = new Int32Array(order.length);
  for (const entry of order) sorted[starts[buckets[entry]]++] = entry;
  return sorted;
}
