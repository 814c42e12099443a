import { onAbort } from '../io/threads/on-abort.ts';
import { Turns } from '../io/threads/turns.ts';

/** How items are gathered into batches. */
export interface BatcherOptions {
  /** Maximum number of items in a batch. */
  readonly size: number;
  /** How long a batch that is not full waits for items that are being loaded. */
  readonly windowMs: number;
  /** Number of batches computed in parallel. */
  readonly streams: number;
  /** How many items may wait; further ones are refused. */
  readonly limit: number;
}

export interface BatcherHooks<S> {
  /** Whether a source takes long to load. Slow sources have their own lane, so that quick ones never wait for them. */
  isSlow?(source: S): boolean;
  /** Called with the size of each batch, for metrics. */
  onBatch?(items: number): void;
}

/** The share of the limit for requests of more than one quick source. The rest is reserved for single quick sources. */
const OF_OTHERS = 3 / 4;

/** The queue is full; the caller may try again later. */
export class QueueFull extends Error {}

interface Task<S, L, O> {
  readonly source: S;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
  loaded?: L;
}

/** Tasks whose sources take about as long to load. Aborted tasks are removed. */
interface Lane<T> {
  /** Not being loaded yet. */
  waiting: T[];
  readonly loading: Set<T>;
}

/**
 * Gathers single items into batches. Sources S are loaded a little ahead of their turn, loaded items L are computed in
 * batches, and each source gets its own output O. Requests take turns. If nothing else is queued, an item is computed
 * at once.
 */
export class Batcher<S, L, O> {
  readonly #load: (source: S, signal: AbortSignal) => Promise<L>;
  readonly #compute: (items: readonly L[], sources: readonly S[]) => Promise<readonly O[]>;
  readonly #options: BatcherOptions & BatcherHooks<S>;
  readonly #quick: Lane<Task<S, L, O>> = { waiting: [], loading: new Set() };
  readonly #slow: Lane<Task<S, L, O>> = { waiting: [], loading: new Set() };
  readonly #turns = new Turns();
  /** Loaded tasks. */
  #ready: Task<S, L, O>[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #isWindowOver = false;

  constructor(
    load: (source: S, signal: AbortSignal) => Promise<L>,
    compute: (items: readonly L[], sources: readonly S[]) => Promise<readonly O[]>,
    options: BatcherOptions & BatcherHooks<S>,
  ) {
    this.#load = load;
    this.#compute = compute;
    this.#options = options;
  }

  /** Items that wait for their turn, loaded or not. */
  get queued(): number {
    const lanes = [this.#quick, this.#slow];
    return lanes.reduce((sum, { loading, waiting }) => sum + waiting.length + loading.size, this.#ready.length);
  }

  get isFull(): boolean {
    return this.queued >= this.#options.limit;
  }

  /**
   * Checks that the queue has room for more sources. A part of it is reserved for requests of one quick source. An
   * empty queue takes any number.
   *
   * @throws QueueFull when there is no room
   */
  checkRoom(sources: readonly S[]): void {
    const { limit } = this.#options;
    const isLittle = sources.length === 1 && this.#laneOf(sources[0]) === this.#quick;
    const room = isLittle ? limit : OF_OTHERS * limit;
    if (sources.length && this.queued && this.queued + sources.length > room) throw new QueueFull();
  }

  #laneOf(source: S): Lane<Task<S, L, O>> {
    return this.#options.isSlow?.(source) ? this.#slow : this.#quick;
  }

  /**
   * Computes the outputs of the sources of one request, in order. A source that cannot be loaded gets its error. The
   * queue takes all sources or none.
   *
   * @param signal the request's own signal; aborting it cancels loading and removes the items that wait
   * @throws QueueFull when there is no room; the signal's reason when it is aborted
   */
  async submit(sources: readonly S[], signal: AbortSignal): Promise<PromiseSettledResult<O>[]> {
    signal.throwIfAborted();
    this.checkRoom(sources);
    const results = sources.map(
      (source) =>
        new Promise<O>((resolve, reject) => {
          this.#laneOf(source).waiting.push({ source, resolve, reject, signal });
        }),
    );
    const settled = Promise.allSettled(results);
    this.#advance();
    let release = () => {};
    const dropped = new Promise<never>((_, reject) => {
      release = onAbort(signal, () => {
        this.#discard(signal);
        reject(signal.reason);
      });
    });
    try {
      return await Promise.race([settled, dropped]);
    } finally {
      release();
    }
  }

  #discard(signal: AbortSignal): void {
    const isKept = (task: Task<S, L, O>) => task.signal !== signal;
    this.#ready = this.#ready.filter(isKept);
    for (const lane of [this.#quick, this.#slow]) {
      lane.waiting = lane.waiting.filter(isKept);
      for (const task of lane.loading) if (!isKept(task)) lane.loading.delete(task);
    }
    this.#advance();
  }

  /** Loads as many items as the next batches take, and starts the batches that are ready. */
  #advance(): void {
    const { size, streams } = this.#options;
    for (const lane of [this.#quick, this.#slow]) {
      while (lane.waiting.length && lane.loading.size + this.#ready.length < size * (streams + 1)) {
        void this.#begin(this.#turns.take(lane.waiting), lane);
      }
    }
    while (this.#running < streams && this.#ready.length) {
      if (this.#ready.length < size && this.#quick.loading.size && !this.#isWindowOver) {
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

  async #begin(task: Task<S, L, O>, { loading }: Lane<Task<S, L, O>>): Promise<void> {
    loading.add(task);
    try {
      task.loaded = await this.#load(task.source, task.signal);
      if (!task.signal.aborted) this.#ready.push(task);
    } catch (error) {
      task.reject(error);
    }
    loading.delete(task);
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
