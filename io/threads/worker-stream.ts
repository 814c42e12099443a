import type { Transferable } from 'node:worker_threads';
import type { ResnetCocoError } from '../../errors.ts';
import { onAbort } from './on-abort.ts';
import { receivedError, type SentError } from './sent-error.ts';
import { startWorker } from './start-worker.ts';

/** What the thread sends: items one by one, then that there are no more, or an error. */
export type Sent<R> = { readonly item: R } | { readonly done: true } | SentError;

/** What a thread gets when it starts. */
export interface StreamJob<J> {
  readonly job: J;
  /** Items that it may send before the first is taken. */
  readonly ahead: number;
}

export interface WorkerStreamOptions {
  /** The built module that gives the items. */
  readonly module: URL;
  /** Items in memory that nobody has taken. */
  readonly ahead: number;
  readonly signal?: AbortSignal | undefined;
  /** Buffers of the job to transfer instead of copying. */
  readonly memory?: Transferable[];
  /** The error for a job that fails without an error code. */
  failure(reason: string, cause: Error): ResnetCocoError;
}

/**
 * The items that a thread of its own makes of a job, in order. The thread waits while `ahead` of them are not taken, and
 * ends with the loop.
 *
 * @throws ResnetCocoError with the code of what the job threw; the signal's reason when aborted
 */
export async function* streamFromWorker<J, R>(
  job: J,
  { ahead, failure, memory = [], module, signal }: WorkerStreamOptions,
): AsyncGenerator<R, void> {
  signal?.throwIfAborted();
  const workerData: StreamJob<J> = { job, ahead };
  const arrived: Sent<R>[] = [];
  let wake = () => {};
  const receive = (sent: Sent<R>) => {
    arrived.push(sent);
    wake();
  };
  const worker = startWorker(module, { workerData, transferList: memory }, (message, stack) =>
    receive({ code: null, message, stack }),
  );
  worker.on('message', receive);
  const release = onAbort(signal, () => wake());
  try {
    for (;;) {
      signal?.throwIfAborted();
      const sent = arrived.shift();
      if (!sent) await new Promise<void>((resolve) => (wake = resolve));
      else if ('item' in sent) {
        worker.postMessage('taken');
        yield sent.item;
      } else if ('done' in sent) return;
      else throw sent.code ? receivedError(sent) : failure(sent.message, receivedError(sent));
    }
  } finally {
    release();
    await worker.terminate();
  }
}
