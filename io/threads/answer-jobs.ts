/** The thread's side of a `WorkerPool`. */
import { parentPort, type Transferable } from 'node:worker_threads';
import { collectGarbage } from '../collect-garbage.ts';
import { type SentError, sentError } from './sent-error.ts';

/** The answer to a job. */
export type Reply<R> = ({ readonly result: R } | SentError) & {
  /** Bytes of buffers and WebAssembly that the thread still holds, needed or not. */
  readonly held?: number;
};

/** A thread that is idle for this long frees the memory of its jobs. */
const REST_MS = 2000;

/**
 * Runs a pool's jobs in this thread.
 *
 * @param memory buffers of a result to transfer instead of copying
 */
export function answerJobs<J, R>(work: (job: J) => Promise<R>, memory: (result: R) => Transferable[]): void {
  let rest: NodeJS.Timeout | undefined;
  parentPort?.on('message', async (job: J) => {
    clearTimeout(rest);
    const reply = await answer(job, work);
    const moved = 'result' in reply ? memory(reply.result) : [];
    const { external } = process.memoryUsage(); // only of this thread
    const held = external - moved.reduce((sum, part) => sum + (part instanceof ArrayBuffer ? part.byteLength : 0), 0);
    parentPort?.postMessage({ ...reply, held }, moved);
    rest = setTimeout(collectGarbage, REST_MS).unref();
  });
}

async function answer<J, R>(job: J, work: (job: J) => Promise<R>): Promise<Reply<R>> {
  try {
    return { result: await work(job) };
  } catch (error) {
    return sentError(error);
  }
}
