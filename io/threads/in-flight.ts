/** Works on `count` items of a list or stream at a time, and yields the results in the items' order. */
export async function* inFlight<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  count: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // it is thrown when its turn comes, which may be never
    if (pending.push(result) >= count) yield await pending.shift()!;
  }
  while (pending.length) yield await pending.shift()!;
}
