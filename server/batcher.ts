import { setMaxListeners } from 'node:events';
import { Turns } from '../datasets/index.ts';

/** How work is gathered. */
export interface BatcherOptions {
  /** Items of a batch at most. */
  readonly size: number;
  /** How long a batch that is not full waits for items that are being loaded. */
  readonly windowMs: number;
  /** Batches computed side by side. */
  readonly streams: number;
  /** Items that may wait; further ones are refused. */
  readonly limit: number;
}

/** What happens to a batch, for whoever counts. */
export interface BatcherEvents {
  onBatch?(items: number): void;
}

/** So many items that belong together are few. */
const FEW = 8;
/** The part of the limit that those who ask for many may fill. */
const OF_MANY = 3 / 4;

/** There is no room for more: the caller may come again later. */
export class QueueFull extends Error {}

interface Task<S, L, O> {
  readonly source: S;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
  loaded?: L;
}

/**
 * Gathers what comes one by one into batches: sources S are loaded a little ahead of their turn, what is loaded (L) is
 * computed together, each gets its own output O. Those who ask take turns. When nothing queues nobody waits: a lone item is computed at once.
 */
export class Batcher<S, L, O> {
  readonly #load: (source: S, signal: AbortSignal) => Promise<L>;
  readonly #compute: (items: readonly L[], sources: readonly S[]) => Promise<readonly O[]>;
  readonly #options: BatcherOptions & BatcherEvents;
  /** Not begun; being loaded; loaded. None has tasks that were taken back. */
  #waiting: Task<S, L, O>[] = [];
  readonly #turns = new Turns();
  readonly #loading = new Set<Task<S, L, O>>();
  #ready: Task<S, L, O>[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #isWindowOver = false;

  constructor(
    load: (source: S, signal: AbortSignal) => Promise<L>,
    compute: (items: readonly L[], sources: readonly S[]) => Promise<readonly O[]>,
    options: BatcherOptions & BatcherEvents,
  ) {
    this.#load = load;
    this.#compute = compute;
    this.#options = options;
  }

  /** Items that wait for their turn, loaded or not. */
  get queued(): number {
    return this.#waiting.length + this.#loading.size + this.#ready.length;
  }

  get isFull(): boolean {
    return this.queued >= this.#options.limit;
  }

  /**
   * Those who ask for many leave a part of the queue to those who ask for few; however many belong together, an empty queue
   * takes them.
   *
   * @throws QueueFull where so many more would be too many
   */
  checkRoom(count: number): void {
    const { limit } = this.#options;
    const room = count > FEW ? OF_MANY * limit : limit;
    if (count && this.queued && this.queued + count > room) throw new QueueFull();
  }

  /**
   * The outputs of several sources that belong together, in their order; one that cannot be loaded has its error. All
   * are taken or none.
   *
   * @param signal of these alone, takes them back: what is being loaded is told, what is not being computed yet never is
   * @throws QueueFull; the signal's reason
   */
  async submit(sources: readonly S[], signal: AbortSignal): Promise<PromiseSettledResult<O>[]> {
    signal.throwIfAborted();
    this.checkRoom(sources.length);
    const results = sources.map(
      (source) =>
        new Promise<O>((resolve, reject) => {
          this.#waiting.push({ source, resolve, reject, signal });
        }),
    );
    const settled = Promise.allSettled(results);
    setMaxListeners(0, signal); // one for each source is no leak
    this.#advance();
    let drop: (() => void) | undefined;
    const dropped = new Promise<never>((_, reject) => {
      drop = () => {
        this.#discard(signal);
        reject(signal.reason);
      };
      signal.addEventListener('abort', drop, { once: true });
    });
    try {
      return await Promise.race([settled, dropped]);
    } finally {
      signal.removeEventListener('abort', drop!);
    }
  }

  #discard(signal: AbortSignal): void {
    const isKept = (task: Task<S, L, O>) => task.signal !== signal;
    this.#waiting = this.#waiting.filter(isKept);
    this.#ready = this.#ready.filter(isKept);
    for (const task of this.#loading) if (!isKept(task)) this.#loading.delete(task);
    this.#advance();
  }

  /** Loads as much as the next batches take, and starts those that can be. */
  #advance(): void {
    const { size, streams } = this.#options;
    while (this.#waiting.length && this.#loading.size + this.#ready.length < size * (streams + 1)) {
      void this.#begin(this.#turns.take(this.#waiting));
    }
    while (this.#running < streams && this.#ready.length) {
      if (this.#ready.length < size && this.#loading.size && !this.#isWindowOver) {
        this.#timer ??= setTimeout(() => {
          this.#isWindowOver = true;
          this.#advance();
        }, this.#options.windowMs);
        return;
      }
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isWindowOver = false;
      void this.#run(this.#ready.splice(0, size));
    }
  }

  async #begin(task: Task<S, L, O>): Promise<void> {
    this.#loading.add(task);
    try {
      task.loaded = await this.#load(task.source, task.signal);
      if (!task.signal.aborted) this.#ready.push(task);
    } catch (error) {
      task.reject(error);
    }
    this.#loading.delete(task);
    this.#advance();
  }

  async #run(tasks: readonly Task<S, L, O>[]): Promise<void> {
    this.#running++;
    this.#options.onBatch?.(tasks.length);
    try {
      const outputs = await this.#compute(
        tasks.map(({ loaded }) => loaded as L),
        tasks.map(({ source }) => source),
      );
      for (const [i, { resolve }] of tasks.entries()) resolve(outputs[i]);
    } catch (error) {
      for (const { reject } of tasks) reject(error);
    }
    this.#running--;
    this.#advance();
  }
}
