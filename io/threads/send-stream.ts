/** The thread's side of `streamFromWorker`. */
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { sentError } from './sent-error.ts';
import type { Sent, StreamJob } from './worker-stream.ts';

/**
 * Sends the items of this thread's job, as many ahead of their consumer as it allows.
 *
 * @param memory buffers of an item to transfer instead of copying
 */
export function sendStream<J, R>(work: (job: J) => AsyncIterable<R>, memory: (item: R) => Transferable[]): void {
  const { ahead, job } = workerData as StreamJob<J>;
  const port = parentPort!;
  const send = (sent: Sent<R>, moved: Transferable[] = []) => port.postMessage(sent, moved);
  let room = ahead;
  let wake = () => {};
  port.on('message', () => {
    room++;
    wake();
  });
  const run = async () => {
    for await (const item of work(job)) {
      while (room < 1) await new Promise<void>((resolve) => (wake = resolve));
      room--;
      send({ item }, memory(item));
    }
    send({ done: true });
  };
  run().catch((error) => send(sentError(error)));
}
