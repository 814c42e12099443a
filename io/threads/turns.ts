/** What waits in a queue on behalf of someone, who has a signal of his own to take it back. */
interface Waiting {
  readonly signal: AbortSignal | undefined;
}

/** Takes from queues by turns: who has waited longest since his last is next, so that many of one keep nobody waiting. */
export class Turns {
  #turn = 0;
  readonly #last = new WeakMap<object, number>();
  readonly #nobody = {};

  /** Removes what is next from a queue that is not empty. */
  take<T extends Waiting>(queue: T[]): T {
    const last = ({ signal }: T) => this.#last.get(signal ?? this.#nobody) ?? 0;
    const next = queue.reduce((best, one) => (last(one) < last(best) ? one : best));
    queue.splice(queue.indexOf(next), 1);
    this.#last.set(next.signal ?? this.#nobody, ++this.#turn);
    return next;
  }
}
