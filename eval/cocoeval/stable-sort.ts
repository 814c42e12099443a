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

/** Buckets up to this size are sorted by insertion, larger ones by merging. */
const BUCKET = 24;

/** Sorts lists by key, highest first, then by tie, lowest first; what is equal in both keeps its order. */
export class BestFirstSorter {
  readonly #order: Int32Array;
  readonly #scratch: Int32Array;
  readonly #buckets: Int32Array;
  readonly #starts: Int32Array;

  /** @param most entries of a list */
  constructor(most: number) {
    this.#order = new Int32Array(most);
    this.#scratch = new Int32Array(most);
    this.#buckets = new Int32Array(most);
    this.#starts = new Int32Array(most + 2);
  }

  /**
   * Spreads the keys over as many buckets as there are keys, which leaves few to sort in each.
   *
   * @returns the order of the first `count` keys; the next call overwrites it
   */
  sort(keys: Float64Array, ties: Float64Array, count: number): Int32Array {
    const order = this.#order;
    const buckets = this.#buckets;
    const starts = this.#starts;
    let [highest, lowest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < count; i++) {
      if (keys[i] > highest) highest = keys[i];
      if (keys[i] < lowest) lowest = keys[i];
    }
    const scale = (count - 1) / (highest - lowest);
    // Equal keys, or a range beyond what numbers hold, leave one bucket.
    const isSpread = scale > 0 && scale < Number.POSITIVE_INFINITY;
    starts.fill(0, 0, count + 2);
    for (let i = 0; i < count; i++) {
      const bucket = isSpread ? ((highest - keys[i]) * scale) | 0 : 0;
      buckets[i] = bucket;
      starts[bucket + 2]++;
    }
    for (let b = 2; b < count + 2; b++) starts[b] += starts[b - 1];
    for (let i = 0; i < count; i++) order[starts[buckets[i] + 1]++] = i;
    for (let b = 0; b < count; b++) {
      const size = starts[b + 1] - starts[b];
      if (size < 2) continue;
      if (size <= BUCKET) insertionSort(order, starts[b], starts[b + 1], keys, ties);
      else mergeSort(order.subarray(starts[b], starts[b + 1]), keys, ties, this.#scratch);
    }
    return order.subarray(0, count);
  }
}

function insertionSort(order: Int32Array, start: number, end: number, keys: Float64Array, ties: Float64Array): void {
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

function mergeSort(order: Int32Array, keys: Float64Array, ties: Float64Array, scratch: Int32Array): void {
  const count = order.length;
  for (let start = 0; start < count; start += RUN) {
    insertionSort(order, start, Math.min(start + RUN, count), keys, ties);
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
