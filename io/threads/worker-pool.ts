import { type Transferable, Worker } from 'node:worker_threads';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../bounds.ts';
import type { Reply } from './answer-jobs.ts';
import { receivedError, type SentError, sentError } from './sent-error.ts';
import { Turns } from './turns.ts';

export interface WorkerPoolOptions<J> {
  /** What an error calls it. */
  readonly name: string;
  /** The built module that answers its jobs. */
  readonly module: URL;
  /** Threads at most. */
  readonly threads: number;
  /** What every thread is given when it starts. */
  readonly workerData?: unknown;
  /** Ends threads that hold much memory after their jobs, as one that decoded a large picture does: nothing else gives it back. */
  readonly returnsMemory?: boolean;
  /** Milliseconds after which threads without a job end, all but those on standby; they stay where none are given. */
  readonly idleMs?: number;
  /** Threads that stay, so that the next job need not wait for one to start; one by default. */
  readonly standby?: number | undefined;
  /** Buffers in a job, which change hands instead of being copied. */
  memory?(job: J): Transferable[];
  /** The error to report where a job fails for a reason that no code tells. */
  failure(job: J, reason: string, cause: Error): ResnetCocoError;
}

interface Task<J, R> {
  readonly job: J;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

interface Thread<J, R> {
  task?: Task<J, R> | undefined;
  /** Counts down once it holds more than it may for long. */
  timer?: NodeJS.Timeout | undefined;
  isSpent?: boolean;
  /** Counts down while it has no job. */
  idle?: NodeJS.Timeout | undefined;
  /** It takes no more jobs, and has its memory until it has ended. */
  isEnding?: boolean;
}

/** A thread that holds more after a job is ended at once; one that holds so much for so long, too. */
const MAX_HELD_BYTES = 2 ** 28;
const LONG_HELD_BYTES = 2 ** 25;
const LONG_MS = 5000;

/** How long a job that nobody waits for any more may go on, for a thread costs more than most jobs. */
const GRACE_MS = 1000;

/**
 * Threads that do jobs of kind J, in the order in which they came, and answer each with an R; where jobs have signals,
 * those of one take turns with those of others. They start when needed; idle ones keep no process alive. A job that brings
 * its thread down fails alone; the thread is replaced.
 */
export class WorkerPool<J, R> {
  readonly #options: WorkerPoolOptions<J>;
  readonly #workers = new Map<Worker, Thread<J, R>>();
  readonly #queue: Task<J, R>[] = [];
  readonly #turns = new Turns();
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** @throws ResnetCocoError USAGE for a number of threads that makes no sense */
  constructor(options: WorkerPoolOptions<J>) {
    wholeNumber('threads', options.threads, MOST.threads);
    this.#options = options;
  }

  /** Threads that have not ended. */
  get threads(): number {
    return this.#workers.size;
  }

  /**
   * @param signal takes the job back: one that waits is never begun; of one that runs the thread is ended and replaced,
   * unless it is done a moment later
   * @throws ResnetCocoError with the code of what the job threw; DISPOSED once the pool is closed; the signal's reason
   */
  async run(job: J, signal?: AbortSignal): Promise<R> {
    signal?.throwIfAborted();
    if (this.#closing) throw this.#closedError();
    let abort: (() => void) | undefined;
    try {
      return await new Promise<R>((resolve, reject) => {
        const task: Task<J, R> = { job, resolve, reject, signal };
        abort = () => this.#takeBack(task);
        signal?.addEventListener('abort', abort);
        this.#queue.push(task);
        this.#dispatch();
      });
    } finally {
      if (abort) signal?.removeEventListener('abort', abort);
    }
  }

  #takeBack(task: Task<J, R>): void {
    task.reject(task.signal?.reason);
    const at = this.#queue.indexOf(task);
    if (at >= 0) {
      this.#queue.splice(at, 1);
      return;
    }
    const running = [...this.#workers].find(([, thread]) => thread.task === task);
    if (!running) return;
    const [worker, thread] = running;
    const end = () => {
      if (thread.task === task) this.#end(worker, thread);
    };
    setTimeout(end, GRACE_MS).unref();
  }

  /** Lets running jobs end, refuses those that wait and any further ones, and stops the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(this.#closedError());
    if (this.#isBusy()) await new Promise<void>((resolve) => (this.#drained = resolve));
    await Promise.all(Array.from(this.#workers.keys(), (worker) => worker.terminate()));
  }

  #closedError(): ResnetCocoError {
    return new ResnetCocoError('DISPOSED', `the ${this.#options.name} is closed; make a new one`);
  }

  #isBusy(): boolean {
    return [...this.#workers.values()].some(({ task, isEnding }) => task || isEnding);
  }

  /** Gives the next job to an idle thread, or to a new one while there are fewer than allowed. */
  #dispatch(): void {
    if (!this.#queue.length) {
      if (!this.#isBusy()) this.#drained?.();
      return;
    }
    const idle = [...this.#workers].find(([, { task, isEnding }]) => !task && !isEnding)?.[0];
    const worker = idle ?? (this.#workers.size < this.#options.threads ? this.#start() : undefined);
    if (!worker) return;
    const next = this.#turns.take(this.#queue);
    const thread = this.#workers.get(worker)!;
    clearTimeout(thread.idle);
    thread.task = next;
    worker.ref();
    try {
      worker.postMessage(next.job, this.#options.memory?.(next.job));
    } catch (error) {
      // Something that cannot be copied, such as a function, in what a JavaScript caller gave.
      this.#finish(worker, sentError(error));
    }
  }

  #finish(worker: Worker, reply: Reply<R>): void {
    const thread = this.#workers.get(worker);
    if (!thread) return;
    const { task } = thread;
    thread.task = undefined;
    worker.unref();
    if ('result' in reply) task?.resolve(reply.result);
    else if (task) this.#fail(task, reply);
    if (this.#options.returnsMemory) this.#weigh(worker, thread, reply.held ?? 0);
    this.#dispatch();
    if (this.#options.idleMs !== undefined && !thread.task && !thread.isEnding) {
      thread.idle = setTimeout(() => this.#endSpare(worker, thread), this.#options.idleMs).unref();
    }
  }

  #endSpare(worker: Worker, thread: Thread<J, R>): void {
    const staying = [...this.#workers.values()].filter(({ isEnding }) => !isEnding);
    if (staying.length > (this.#options.standby ?? 1)) this.#end(worker, thread);
  }

  #weigh(worker: Worker, thread: Thread<J, R>, held: number): void {
    if (held <= LONG_HELD_BYTES) {
      clearTimeout(thread.timer);
      thread.timer = undefined;
      thread.isSpent = false;
    } else {
      thread.timer ??= setTimeout(() => {
        thread.isSpent = true;
        if (!thread.task) this.#end(worker, thread);
      }, LONG_MS).unref();
    }
    if (thread.isSpent || held > MAX_HELD_BYTES) this.#end(worker, thread);
  }

  #end(worker: Worker, thread: Thread<J, R>): void {
    clearTimeout(thread.timer);
    clearTimeout(thread.idle);
    thread.isEnding = true;
    void worker.terminate();
  }

  #fail({ job, reject, signal }: Task<J, R>, sent: SentError): void {
    if (signal?.aborted) return; // who gave it has been told
    const error = receivedError(sent);
    reject(sent.code ? error : this.#options.failure(job, sent.message, error));
  }

  #start(): Worker {
    const { module, workerData } = this.#options;
    // Node's flags are meant for the main program; some, such as --input-type, would stop a worker.
    const worker = new Worker(module, { execArgv: [], workerData });
    this.#workers.set(worker, {});
    worker.on('message', (reply: Reply<R>) => this.#finish(worker, reply));
    const fail = (message: string, stack?: string) => {
      const thread = this.#workers.get(worker);
      clearTimeout(thread?.timer);
      clearTimeout(thread?.idle);
      this.#workers.delete(worker);
      const task = thread?.task;
      if (task) this.#fail(task, { code: null, message, stack });
      this.#dispatch();
    };
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      fail(outOfMemory ? 'there is not enough memory for it' : error.message, error.stack);
    });
    worker.on('exit', (code) => fail(`its thread ended with exit code ${code}`));
    return worker;
  }
}

/** @throws ResnetCocoError USAGE unless `value` is a whole number of at least 1 */
export function wholeNumber(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ResnetCocoError('USAGE', `${name} is ${value}; expected a whole number from 1 to ${most}`);
}
