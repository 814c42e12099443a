// A fixed locale, so that the order is the same on every machine.
const collator = new Intl.Collator('en', { numeric: true });

/** Orders `img2` before `img10`, folder by folder. Names that collate equally are ordered by their characters. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [a.split(/[\\/]/), b.split(/[\\/]/)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = collator.compare(left[i], right[i]) || (left[i] < right[i] ? -1 : Number(left[i] > right[i]));
    if (order) return order;
  }
  return left.length - right.length;
}
