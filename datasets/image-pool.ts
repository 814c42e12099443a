import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ResnetCocoError } from '../errors.ts';
import type { LabelledBox } from './draw.ts';
import type { ImageSource } from './image.ts';
import type { Job, JobResult, LoadedImage, Reply, SentSource } from './image-worker.ts';
import { sourceName } from './read-image.ts';
import type { ImageTransform } from './transform.ts';

export interface ImagePoolOptions {
  /** Worker threads; by default one for each core, at most 4, which outrun any model. They start when needed. */
  readonly threads?: number;
}

export interface LoadOptions {
  /** Hand back the decoded picture too, for drawing on it later without decoding it again. */
  readonly keepImage?: boolean;
}

export interface PrefetchOptions extends LoadOptions {
  /** Pictures in memory at a time, the one in the consumer's hand included; by default two for each thread. */
  readonly ahead?: number;
  /** Once aborted, no further picture is begun or given. */
  readonly signal?: AbortSignal | undefined;
}

/** One of the pictures that `prefetch` gives: loaded, or why not. */
export type Prefetched<S extends ImageSource = ImageSource> =
  | { readonly index: number; readonly source: S; readonly image: LoadedImage; readonly error?: never }
  | { readonly index: number; readonly source: S; readonly error: ResnetCocoError; readonly image?: never };

interface Task {
  readonly job: Job;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: ResnetCocoError) => void;
}

/**
 * Threads that decode, resize, normalise, draw and encode pictures, so that the main thread and the model never wait.
 * Idle threads keep no process alive. A picture that brings its thread down fails alone; the thread is replaced.
 */
export class ImagePool {
  readonly #threads: number;
  readonly #workers = new Map<Worker, Task | undefined>();
  readonly #queue: Task[] = [];
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(options: ImagePoolOptions = {}) {
    this.#threads = wholeNumber('threads', options.threads ?? Math.min(4, availableParallelism()));
  }

  /**
   * Reads a picture and transforms it for a model.
   *
   * @throws ResnetCocoError as `readImage` and `transformImage` do; DISPOSED once the pool is closed
   */
  async load(source: ImageSource, transform: ImageTransform, options: LoadOptions = {}): Promise<LoadedImage> {
    const keepImage = options.keepImage ?? false;
    return (await this.#run({ kind: 'load', source: sent(source), transform, keepImage })) as LoadedImage;
  }

  /**
   * Draws boxes on a picture and writes it, whole or not at all, in the format it came in (one that came decoded: PNG
   * if the path ends so, else JPEG). Folders that are missing are made.
   *
   * @returns where `previewSide` asks for one, the picture without boxes as a JPEG, its longer side at most so many pixels
   * @throws ResnetCocoError as `readImage` does; FILE_NOT_WRITABLE; DISPOSED once the pool is closed
   */
  async render(source: ImageSource, boxes: readonly LabelledBox[], path: string): Promise<undefined>;
  async render(
    source: ImageSource,
    boxes: readonly LabelledBox[],
    path: string,
    options: { readonly previewSide: number },
  ): Promise<Uint8Array>;
  async render(
    source: ImageSource,
    boxes: readonly LabelledBox[],
    path: string,
    { previewSide }: { readonly previewSide?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const job: Job = { kind: 'render', source: sent(source), boxes, path, previewSide };
    return (await this.#run(job)) as Uint8Array | undefined;
  }

  /**
   * Loads any number of pictures in constant memory, ahead of whoever consumes them, and gives them in order. A picture
   * that cannot be read is given with its error and stops nothing.
   *
   * @throws ResnetCocoError DISPOSED if the pool is closed in between
   */
  async *prefetch<S extends ImageSource>(
    sources: Iterable<S> | AsyncIterable<S>,
    transform: ImageTransform,
    options: PrefetchOptions = {},
  ): AsyncGenerator<Prefetched<S>, void, void> {
    const ahead = wholeNumber('ahead', options.ahead ?? 2 * this.#threads);
    const pending: Promise<Prefetched<S>>[] = [];
    let index = 0;
    const { signal } = options;
    for await (const source of sources) {
      if (signal?.aborted) return;
      const place = { index: index++, source };
      const item = this.load(source, transform, options).then(
        (image): Prefetched<S> => ({ ...place, image }),
        (error: ResnetCocoError): Prefetched<S> => {
          if (error.code === 'DISPOSED') throw error;
          return { ...place, error };
        },
      );
      item.catch(() => {}); // it is reported when its turn comes, which may be never
      if (pending.push(item) >= ahead) yield await pending.shift()!;
    }
    while (pending.length && !signal?.aborted) yield await pending.shift()!;
  }

  /** Lets running jobs end, refuses those that wait and any further ones, and stops the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(closedError());
    if (this.#isBusy()) await new Promise<void>((resolve) => (this.#drained = resolve));
    await Promise.all(Array.from(this.#workers.keys(), (worker) => worker.terminate()));
  }

  #isBusy(): boolean {
    return [...this.#workers.values()].some((task) => task !== undefined);
  }

  #run(job: Job): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(closedError());
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  /** Gives the next job to an idle thread, or to a new one while there are fewer than allowed. */
  #dispatch(): void {
    const next = this.#queue[0];
    if (!next) {
      if (!this.#isBusy()) this.#drained?.();
      return;
    }
    const idle = [...this.#workers].find(([, task]) => task === undefined)?.[0];
    const worker = idle ?? (this.#workers.size < this.#threads ? this.#start() : undefined);
    if (!worker) return;
    this.#queue.shift();
    this.#workers.set(worker, next);
    worker.ref();
    try {
      worker.postMessage(next.job);
    } catch (error) {
      // Something that cannot be copied, such as a function, in what a JavaScript caller gave.
      const { message, stack } = error as Error;
      this.#finish(worker, { code: null, message, stack });
    }
  }

  #finish(worker: Worker, reply: Reply): void {
    const task = this.#workers.get(worker);
    this.#workers.set(worker, undefined);
    worker.unref();
    if ('result' in reply) task?.resolve(reply.result);
    else task?.reject(failure(task.job, reply));
    this.#dispatch();
  }

  #start(): Worker {
    // Node's flags are meant for the main program; some, such as --input-type, would stop a worker.
    const worker = new Worker(new URL('./image-worker.js', import.meta.url), { execArgv: [] });
    worker.on('message', (reply: Reply) => this.#finish(worker, reply));
    const fail = (reason: string, stack?: string) => {
      const task = this.#workers.get(worker);
      this.#workers.delete(worker);
      task?.reject(failure(task.job, { code: null, message: reason, stack }));
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

function wholeNumber(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ResnetCocoError('USAGE', `${name} is ${value}; expected a whole number of at least 1`);
}

const closedError = () => new ResnetCocoError('DISPOSED', 'the image pool is closed; make a new one');

/** What another thread can take: paths and copies, so that the caller keeps what is the caller's. */
function sent(source: ImageSource): SentSource {
  if (source instanceof URL) return source.href;
  // Copies, since a view would take the whole buffer that it looks at along.
  if (source instanceof Uint8Array) return new Uint8Array(source);
  const isImage = typeof source !== 'string' && source?.data instanceof Uint8Array;
  return isImage ? { ...source, data: new Uint8Array(source.data) } : source;
}

function failure({ source }: Job, { code, message, stack }: Extract<Reply, { message: string }>): ResnetCocoError {
  if (code) return new ResnetCocoError(code, message);
  const cause = new Error(message);
  if (stack) cause.stack = stack;
  return new ResnetCocoError('BAD_IMAGE', `${sourceName(source)}: cannot be processed: ${message}`, { cause });
}
