import { setMaxListeners } from 'node:events';
import { Turns } from '../io/threads/turns.ts';

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

export interface BatcherHooks<S> {
  /** Tells of a source whether it takes long to load: those are loaded beside the others, which never wait for them. */
  isSlow?(source: S): boolean;
  /** What happens to a batch, for whoever counts. */
  onBatch?(items: number): void;
}

/** The part of the limit that may be filled by those who ask for more than one quick source. */
const OF_OTHERS = 3 / 4;

/** There is no room for more: the caller may come again later. */
export class QueueFull extends Error {}

interface Task<S, L, O> {
  readonly source: S;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
  loaded?: L;
}

/** Tasks whose sources take about as long to load. None has tasks that were taken back. */
interface Lane<T> {
  /** Not begun. */
  waiting: T[];
  readonly loading: Set<T>;
}

/**
 * Gathers what comes one by one into batches: sources S are loaded a little ahead of their turn, what is loaded (L) is
 * computed together, each gets its own output O. Those who ask take turns. When nothing queues nobody waits: a lone item is computed at once.
 */
export class Batcher<S, L, O> {
  readonly #load: (source: S, signal: AbortSignal) => Promise<L>;
  readonly #compute: (items: readonly L[], sources: readonly S[]) => Promise<readonly O[]>;
  readonly #options: BatcherOptions & BatcherHooks<S>;
  readonly #quick: Lane<Task<S, L, O>> = { waiting: [], loading: new Set() };
  readonly #slow: Lane<Task<S, L, O>> = { waiting: [], loading: new Set() };
  readonly #turns = new Turns();
  /** Loaded. */
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
   * A part of the queue is left to those who ask for one quick source; however many belong together, an empty queue takes
   * them.
   *
   * @throws QueueFull where so many more would be too many
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
   * The outputs of several sources that belong together, in their order; one that cannot be loaded has its error. All
   * are taken or none.
   *
   * @param signal of these alone, takes them back: what is being loaded is told, what is not being computed yet never is
   * @throws QueueFull; the signal's reason
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
    this.#ready = this.#ready.filter(isKept);
    for (const lane of [this.#quick, this.#slow]) {
      lane.waiting = lane.waiting.filter(isKept);
      for (const task of lane.loading) if (!isKept(task)) lane.loading.delete(task);
    }
    this.#advance();
  }

  /** Loads as much as the next batches take, and starts those that can be. */
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
