import { availableParallelism } from 'node:os';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../io/options.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { WorkerPool, wholeNumber } from '../../io/threads/worker-pool.ts';
import type { LabeledBox } from '../draw/draw.ts';
import type { ImageSource } from './image.ts';
import type { ImageWorkerData, Job, JobResult, LoadedImage, Piece } from './image-worker.ts';
import { sourceName } from './read-image.ts';
import type { ImageTransform } from './transform.ts';

/** Settings of an `ImagePool`. */
export interface ImagePoolOptions {
  /**
   * Number of worker threads, started when needed; by default one per core, at most 4, which is faster than any model.
   */
  readonly threads?: number;
  /** Threads that stay when idle for some seconds; 1 by default. */
  readonly standby?: number;
  /** Let other processes go first (Linux, where each thread has its own priority). */
  readonly inBackground?: boolean;
}

const poolKinds: OptionKinds<ImagePoolOptions> = { threads: 'checked', standby: 'number', inBackground: 'boolean' };

export interface LoadImageOptions {
  /** Also return the decoded picture, for drawing on it later. */
  readonly keepImage?: boolean;
  /** Cancels the job, whether it waits or runs. */
  readonly signal?: AbortSignal | undefined;
}

/** Settings of `prefetch`. */
export interface PrefetchOptions extends LoadImageOptions {
  /** Pictures in memory at a time, including the consumer's current one; by default two per thread. */
  readonly ahead?: number;
  /** When aborted, no further picture is started or yielded. */
  readonly signal?: AbortSignal | undefined;
}

const loadKinds: OptionKinds<LoadImageOptions> = { keepImage: 'boolean', signal: 'signal' };
const prefetchKinds: OptionKinds<PrefetchOptions> = { ...loadKinds, ahead: 'checked' };

/** A picture from `prefetch`: loaded, or the error. */
export type Prefetched<S extends ImageSource = ImageSource> =
  | { readonly index: number; readonly source: S; readonly image: LoadedImage; readonly error?: never }
  | { readonly index: number; readonly source: S; readonly error: ResnetCocoError; readonly image?: never };

/** A thread takes about 30 MB, and a tenth of a second to start. */
const IDLE_MS = 5000;

/**
 * Threads that decode, resize, normalize, draw and encode pictures, so that the main thread and the model never wait.
 * Idle threads do not keep the process alive. A picture that crashes its thread fails alone, and the thread is
 * replaced.
 */
export class ImagePool {
  readonly #threads: number;
  readonly #pool: WorkerPool<Job, JobResult>;

  /** @param closed what a user is told once it is closed, where it is part of something else */
  constructor(options: ImagePoolOptions = {}, closed?: string) {
    checkOptions('ImagePool', options, poolKinds);
    this.#threads = options.threads ?? Math.min(4, availableParallelism());
    this.#pool = new WorkerPool({
      name: 'image pool',
      closed,
      module: new URL('./image-worker.js', import.meta.url),
      threads: this.#threads,
      workerData: { inBackground: options.inBackground ?? false } satisfies ImageWorkerData,
      returnsMemory: true,
      idleMs: IDLE_MS,
      standby: options.standby,
      memory: ({ source }) => {
        const data = typeof source === 'string' || source instanceof Uint8Array ? source : source?.data;
        return data instanceof Uint8Array ? [data.buffer as ArrayBuffer] : [];
      },
      failure: ({ name }, reason, cause) =>
        new ResnetCocoError('BAD_IMAGE', `${name}: cannot be processed: ${reason}`, { cause }),
    });
  }

  /**
   * Reads a picture and transforms it for a model.
   *
   * @throws ResnetCocoError as `readImage` and `transformImage` do
   * @throws ResnetCocoError DISPOSED when the pool is closed; the signal's reason when aborted
   */
  async load(source: ImageSource, transform: ImageTransform, options: LoadImageOptions = {}): Promise<LoadedImage> {
    checkOptions('load', options, loadKinds);
    const keepImage = options.keepImage ?? false;
    const job: Job = { kind: 'load', ...sent(source), transform, keepImage };
    return (await this.#pool.run(job, options.signal)) as LoadedImage;
  }

  /**
   * Draws boxes on a picture and writes it, whole or not at all, in its original format (a picture in memory: PNG if
   * the path ends in .png, else JPEG). Missing folders are made.
   *
   * @returns with `previewSide`, the picture without boxes as a JPEG whose longer side is at most `previewSide` pixels
   * @throws ResnetCocoError as `readImage` does
   * @throws ResnetCocoError FILE_NOT_WRITABLE when the file cannot be written
   * @throws ResnetCocoError DISPOSED when the pool is closed
   */
  async render(source: ImageSource, boxes: readonly LabeledBox[], path: string): Promise<undefined>;
  async render(
    source: ImageSource,
    boxes: readonly LabeledBox[],
    path: string,
    options: { readonly previewSide: number },
  ): Promise<Uint8Array>;
  async render(
    source: ImageSource,
    boxes: readonly LabeledBox[],
    path: string,
    { previewSide }: { readonly previewSide?: number } = {},
  ): Promise<Uint8Array | undefined> {
    checkArgument('render', 'the boxes', boxes, 'list');
    checkArgument('render', 'the file', path, 'text');
    const job: Job = { kind: 'render', ...sent(source), boxes, path, previewSide };
    return (await this.#pool.run(job)) as Uint8Array | undefined;
  }

  /**
   * Writes parts of a picture, each whole or not at all: as PNG if its path ends in .png, else as JPEG. Missing folders
   * are made. The picture may be larger than those that are decoded at once.
   *
   * @throws ResnetCocoError as `readImage` does
   * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
   * @throws ResnetCocoError DISPOSED when the pool is closed
   */
  async cut(source: ImageSource, pieces: readonly Piece[]): Promise<void> {
    checkArgument('cut', 'the pieces', pieces, 'list');
    await this.#pool.run({ kind: 'cut', ...sent(source), pieces });
  }

  /**
   * Loads any number of pictures in constant memory, ahead of the consumer, and yields them in order. A picture that
   * cannot be read is yielded with its error; the others go on.
   *
   * @throws ResnetCocoError DISPOSED when the pool is closed meanwhile
   */
  async *prefetch<S extends ImageSource>(
    sources: Iterable<S> | AsyncIterable<S>,
    transform: ImageTransform,
    options: PrefetchOptions = {},
  ): AsyncGenerator<Prefetched<S>, void, void> {
    checkOptions('prefetch', options, prefetchKinds);
    const ahead = wholeNumber('ahead', options.ahead ?? 2 * this.#threads, MOST.ahead);
    const { keepImage = false } = options;
    const load = async (source: S, index: number, signal: AbortSignal): Promise<Prefetched<S>> => {
      try {
        return { index, source, image: await this.load(source, transform, { keepImage, signal }) };
      } catch (error) {
        const problem = error as ResnetCocoError;
        if (problem.code === 'DISPOSED') throw problem;
        return { index, source, error: problem };
      }
    };
    yield* mapOrdered(sources, ahead, load, options.signal);
  }

  /** Lets running jobs finish, refuses waiting and further ones, and stops the threads. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What can be sent to another thread: paths and copies, so the caller's buffers are unchanged. */
export function sent(source: ImageSource): Pick<Job, 'name' | 'source'> {
  const name = sourceName(source);
  if (source instanceof URL) return { name, source: source.href };
  if (source instanceof Uint8Array) return { name, source: new Uint8Array(source) };
  const isImage = typeof source !== 'string' && source?.data instanceof Uint8Array;
  return { name, source: isImage ? { ...source, data: new Uint8Array(source.data) } : source };
}
