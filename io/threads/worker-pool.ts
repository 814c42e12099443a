import type { Transferable, Worker } from 'node:worker_threads';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../bounds.ts';
import { shownValue } from '../shown-value.ts';
import type { Reply } from './answer-jobs.ts';
import { onAbort } from './on-abort.ts';
import { receivedError, type SentError, sentError } from './sent-error.ts';
import { startWorker } from './start-worker.ts';
import { Turns } from './turns.ts';

export interface WorkerPoolOptions<J> {
  /** The pool's name in errors. */
  readonly name: string;
  /** What its user is told once it is closed; by default that the pool is. */
  readonly closed?: string | undefined;
  /** The built module that runs the jobs. */
  readonly module: URL;
  /** Maximum number of threads. */
  readonly threads: number;
  /** Data that every thread gets when it starts. */
  readonly workerData?: unknown;
  /** End threads that hold much memory after a job, such as decoding a large image: nothing else frees it. */
  readonly returnsMemory?: boolean;
  /** Idle threads end after this many milliseconds, except those on standby; by default they stay. */
  readonly idleMs?: number;
  /** Threads that stay, so that the next job need not wait for a start; 1 by default. */
  readonly standby?: number | undefined;
  /** Buffers of a job to transfer instead of copying. */
  memory?(job: J): Transferable[];
  /** The error for a job that fails without an error code. */
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
  /** Runs while the thread holds more memory than allowed for long. */
  timer?: NodeJS.Timeout | undefined;
  isSpent?: boolean;
  /** Runs while the thread has no job. */
  idle?: NodeJS.Timeout | undefined;
  /** The thread takes no more jobs; it has memory until it ends. */
  isEnding?: boolean;
}

/** A thread that holds more than this after a job is ended at once; one that holds LONG_HELD_BYTES, after LONG_MS. */
const MAX_HELD_BYTES = 2 ** 28;
const LONG_HELD_BYTES = 2 ** 25;
const LONG_MS = 5000;

/** How long an aborted job may go on: a new thread costs more than most jobs. */
const GRACE_MS = 1000;

/**
 * Threads that run jobs of kind J in order of arrival, and answer each with an R. Jobs with different signals take
 * turns. Threads start when needed; idle ones do not keep the process alive. A job that crashes its thread fails alone,
 * and the thread is replaced.
 */
export class WorkerPool<J, R> {
  readonly #options: WorkerPoolOptions<J>;
  readonly #workers = new Map<Worker, Thread<J, R>>();
  readonly #queue: Task<J, R>[] = [];
  readonly #turns = new Turns();
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** @throws ResnetCocoError USAGE when the number of threads is out of range */
  constructor(options: WorkerPoolOptions<J>) {
    wholeNumber('threads', options.threads, MOST.threads);
    this.#options = options;
  }

  /** Number of threads that have not ended. */
  get threads(): number {
    return this.#workers.size;
  }

  /**
   * @param signal cancels the job: a waiting job never starts; a running job's thread is ended and replaced, unless it
   *   finishes shortly
   * @throws ResnetCocoError with the code of what the job threw
   * @throws ResnetCocoError DISPOSED when the pool is closed; the signal's reason when aborted
   */
  async run(job: J, signal?: AbortSignal): Promise<R> {
    signal?.throwIfAborted();
    if (this.#closing) throw this.#closedError();
    let release = () => {};
    try {
      return await new Promise<R>((resolve, reject) => {
        const task: Task<J, R> = { job, resolve, reject, signal };
        release = onAbort(signal, () => this.#takeBack(task));
        this.#queue.push(task);
        this.#dispatch();
      });
    } finally {
      release();
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

  /** Lets running jobs finish, refuses waiting and further ones, and stops the threads. */
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
    const { closed, name } = this.#options;
    return new ResnetCocoError('DISPOSED', closed ?? `the ${name} is closed; make a new one`);
  }

  #isBusy(): boolean {
    return [...this.#workers.values()].some(({ task, isEnding }) => task || isEnding);
  }

  /** Gives the next job to an idle thread, or to a new one if fewer than allowed run. */
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
      // A JavaScript caller passed something that cannot be copied, such as a function.
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
    if (signal?.aborted) return; // the caller has been told
    const error = receivedError(sent);
    reject(sent.code ? error : this.#options.failure(job, sent.message, error));
  }

  #start(): Worker {
    const { module, workerData } = this.#options;
    const worker = startWorker(module, { workerData }, (message, stack) => {
      const thread = this.#workers.get(worker);
      clearTimeout(thread?.timer);
      clearTimeout(thread?.idle);
      this.#workers.delete(worker);
      const task = thread?.task;
      if (task) this.#fail(task, { code: null, message, stack });
      this.#dispatch();
    });
    this.#workers.set(worker, {});
    worker.on('message', (reply: Reply<R>) => this.#finish(worker, reply));
    return worker;
  }
}

/** @throws ResnetCocoError USAGE when `value` is not a whole number from 1 to `most` */
export function wholeNumber(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ResnetCocoError('USAGE', `${name} is ${shownValue(value)}; expected a whole number from 1 to ${most}`);
}
