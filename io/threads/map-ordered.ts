import { onAbort } from './on-abort.ts';

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

/** A task that is running, or done with its result not yet taken. */
interface Slot<R> {
  outcome?: Outcome<R>;
}

/**
 * Maps items with a bounded number of concurrent tasks, and yields the results in the items' order. A result is yielded
 * in its turn, even while a slow source still prepares the next item.
 *
 * The first error, of a task or of the source, is thrown in its turn, and no further task starts. When the loop ends,
 * by an error, a `break` or the signal, running tasks are aborted through their signal, and the source is closed.
 *
 * @param limit running tasks and results not yet taken, including the consumer's current one
 * @param signal ends the loop: no further task starts, no further result is yielded, nothing is thrown
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  task: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R, void, void> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const slots: Slot<R>[] = [];
  const stop = new AbortController();
  const state = { asks: false, isExhausted: false, hasFailed: false };
  let index = 0;
  let wake = () => {};

  const settle = (slot: Slot<R>, outcome: Outcome<R>) => {
    slot.outcome = outcome;
    if ('error' in outcome) state.hasFailed = true;
    wake();
  };
  const run = async (work: () => Promise<R>) => {
    const slot: Slot<R> = {};
    slots.push(slot);
    try {
      settle(slot, { value: await work() });
    } catch (error) {
      settle(slot, { error });
    }
  };
  const ask = async () => {
    state.asks = true;
    try {
      const next = await source.next();
      if (next.done) state.isExhausted = true;
      else if (!stop.signal.aborted && !state.hasFailed) void run(() => task(next.value, index++, stop.signal));
    } catch (error) {
      state.isExhausted = true; // a source that throws has ended
      void run(() => Promise.reject(error));
    }
    state.asks = false;
    wake();
  };
  const release = onAbort(signal, () => wake());
  try {
    while (!signal?.aborted) {
      const mayAsk = !state.asks && !state.isExhausted && !state.hasFailed;
      if (mayAsk && slots.length < limit) void ask();
      const outcome = slots[0]?.outcome;
      if (outcome) {
        slots.shift();
        if ('error' in outcome) throw outcome.error;
        yield outcome.value;
      } else if (slots.length || state.asks) await new Promise<void>((resolve) => (wake = resolve));
      else return;
    }
  } finally {
    release();
    stop.abort();
    const closing = state.isExhausted ? undefined : Promise.resolve(source.return?.());
    // A source that waits for something else may never end.
    if (state.asks) closing?.catch(() => {});
    else await closing;
  }
}
