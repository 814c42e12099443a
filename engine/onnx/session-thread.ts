import { Worker } from 'node:worker_threads';
import { receivedError } from '../../io/threads/sent-error.ts';
import type { Answer, Given, Reply, Request, Verb } from './session-worker.ts';

interface Pending {
  readonly verb: Verb;
  readonly resolve: (answer: Answer<Verb>) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that runs ONNX Runtime. It keeps the process alive only while it computes. */
export class SessionThread {
  // Node's flags are for the main program; some, such as --input-type, would stop a worker.
  readonly #worker = new Worker(new URL('./session-worker.js', import.meta.url), { execArgv: [] });
  readonly #pending = new Map<number, Pending>();
  #count = 0;
  /** The error that ended the thread. */
  #end: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if (!this.#pending.size) this.#worker.unref();
      if ('answer' in reply) pending?.resolve(reply.answer);
      else pending?.reject(receivedError(reply.error));
    });
    const end = (error: Error) => {
      this.#end ??= error;
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => end(new Error(`the thread of ONNX Runtime ended with code ${code}`)));
  }

  /** How many computations run or wait in this thread. */
  get load(): number {
    let count = 0;
    for (const { verb } of this.#pending.values()) if (verb === 'run') count++;
    return count;
  }

  /**
   * Sends a request to the thread.
   *
   * @param handedOver arrays in `given` that are transferred instead of copied, and are empty afterwards
   * @throws the thread's error; a `ResnetCocoError` keeps its code
   */
  async ask<V extends Verb>(verb: V, given: Given<V>, handedOver: readonly Uint8Array[] = []): Promise<Answer<V>> {
    if (this.#end) throw this.#end;
    const id = ++this.#count;
    const request: Request<V> = { id, verb, given };
    // Post first: this throws for what cannot be copied, and then nothing waits for an answer.
    this.#worker.postMessage(
      request,
      handedOver.map(({ buffer }) => buffer as ArrayBuffer),
    );
    const answer = new Promise<Answer<Verb>>((resolve, reject) => this.#pending.set(id, { verb, resolve, reject }));
    this.#worker.ref();
    return (await answer) as Answer<V>;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
