import { type Transferable, Worker } from 'node:worker_threads';

export interface WorkerStart {
  /** Data that the thread gets when it starts. */
  readonly workerData?: unknown;
  /** Buffers of the data to transfer instead of copying. */
  readonly transferList?: Transferable[];
}

/**
 * Starts a thread.
 *
 * @param module the built module that it runs
 * @param ended told why the thread failed or ended; after a failure also that it ended
 */
export function startWorker(
  module: URL,
  { transferList = [], workerData }: WorkerStart,
  ended: (reason: string, stack?: string) => void,
): Worker {
  // Node's flags are for the main program; some, such as --input-type, would stop a worker.
  const worker = new Worker(module, { execArgv: [], workerData, transferList });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    ended(outOfMemory ? 'there is not enough memory for it' : error.message, error.stack);
  });
  worker.on('exit', (code) => ended(`its thread ended with exit code ${code}`));
  return worker;
}
