/** An entry of a queue, with the signal of its client. */
interface Waiting {
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes entries of queues in turns: the client that has waited longest since its last turn is next, so one client with
 * many entries does not block the others.
 */
export class Turns {
  #turn = 0;
  readonly #last = new WeakMap<object, number>();
  readonly #nobody = {};

  /** Removes the next entry from a queue that is not empty. */
  take<T extends Waiting>(queue: T[]): T {
    const last = ({ signal }: T) => this.#last.get(signal ?? this.#nobody) ?? 0;
    const next = queue.reduce((best, one) => (last(one) < last(best) ? one : best));
    queue.splice(queue.indexOf(next), 1);
    this.#last.set(next.signal ?? this.#nobody, ++this.#turn);
    return next;
  }
}
