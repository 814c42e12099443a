/** Told of those who make something ahead: 1 once nobody wants it any more. Shared with their threads. */
export type Cancelled = Int32Array;

/** Things made ahead of whoever consumes them, in order; all that is under way can be ended at once. */
export class MadeAhead {
  /** Flags of what is under way. */
  readonly #running = new Set<Cancelled>();

  /**
   * Leaving the loop ends all work on what is to come.
   *
   * @param numbers which are made: from the first up to the second, which is not
   * @param ahead how many are in the making at once
   * @param make makes one; undefined once cancelled
   */
  async *inOrder<T>(
    [from, end]: readonly [from: number, end: number],
    ahead: number,
    make: (number: number, cancelled: Cancelled) => Promise<T | undefined>,
    signal?: AbortSignal,
  ): AsyncGenerator<T, void, void> {
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    this.#running.add(cancelled);
    const cancel = () => void Atomics.store(cancelled, 0, 1);
    signal?.addEventListener('abort', cancel);
    const pending: Promise<T | undefined>[] = [];
    let next = from;
    const fill = () => {
      while (pending.length < ahead && next < end) {
        const made = make(next++, cancelled);
        made.catch(() => {}); // it is thrown when its turn comes, which may be never
        pending.push(made);
      }
    };
    try {
      for (fill(); pending.length && !signal?.aborted; ) {
        const made = await pending.shift();
        if (made === undefined || signal?.aborted) return;
        fill();
        yield made;
      }
    } finally {
      cancel();
      signal?.removeEventListener('abort', cancel);
      this.#running.delete(cancelled);
    }
  }

  /** Ends all that is under way. */
  cancel(): void {
    for (const cancelled of this.#running) Atomics.store(cancelled, 0, 1);
  }
}
