import { Worker } from 'node:worker_threads';
import type { Snapshot, TrainingOptions, Weights } from '../engine.ts';
import type { NamedArrays } from '../optimisers/optimiser.ts';
import type { Ports } from './kept-tensors.ts';
import type { Answer, PassFiles, Reply, Request } from './session-worker.ts';
import type { PassResult } from './training-session.ts';

type WithoutIds<T> = T extends { readonly id: number } ? Omit<T, 'id' | 'program'> : never;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A thread with ONNX Runtime in it. It keeps the process alive only while it computes. */
export class SessionThread {
  readonly #worker = new Worker(new URL('./session-worker.js', import.meta.url));
  readonly #pending = new Map<number, Pending>();
  #count = 0;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if (!this.#pending.size) this.#worker.unref();
      if ('answer' in reply) pending?.resolve(reply.answer);
      else pending?.reject(new Error(reply.error));
    });
    const end = (error: Error) => {
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => end(new Error(`the thread of ONNX Runtime ended with code ${code}`)));
  }

  /** How many computations run or wait here. */
  load = 0;

  /** `file` is handed over, and empty afterwards. */
  async create(program: number, file: Uint8Array, options: object): Promise<void> {
    await this.#ask(program, { kind: 'create', file, options }, [file]);
  }

  async run(program: number, inputs: Ports, keep: readonly string[]): Promise<Ports> {
    this.load++;
    try {
      return await this.#ask<Ports>(program, { kind: 'run', inputs, keep });
    } finally {
      this.load--;
    }
  }

  /** The files of `parts` are handed over, and empty afterwards. */
  async train(
    program: number,
    parts: Readonly<Record<string, PassFiles>>,
    options: object,
    weights: Weights,
    training: TrainingOptions,
  ): Promise<void> {
    const files = Object.values(parts).flatMap(({ backward, forward }) => (backward ? [forward, backward] : [forward]));
    await this.#ask(program, { kind: 'train', parts, options, weights, training }, files);
  }

  forward(program: number, part: string, inputs: Ports, keep: readonly string[]): Promise<PassResult> {
    return this.#ask(program, { kind: 'forward', part, inputs, keep });
  }

  backward(program: number, pass: number, cotangents: Ports, keep: readonly string[]): Promise<PassResult> {
    return this.#ask(program, { kind: 'backward', pass, cotangents, keep });
  }

  weightGradients(program: number, pass: number): Promise<NamedArrays> {
    return this.#ask(program, { kind: 'gradients', pass });
  }

  async apply(program: number, passes: readonly number[], learningRate: number): Promise<number | undefined> {
    const request = { kind: 'apply', passes, learningRate } as const;
    return (await this.#ask<{ readonly norm: number | undefined }>(program, request)).norm;
  }

  async releasePass(program: number, pass: number): Promise<void> {
    await this.#ask(program, { kind: 'releasePass', pass });
  }

  snapshot(program: number): Promise<Snapshot> {
    return this.#ask(program, { kind: 'snapshot' });
  }

  async releaseTensor(kept: number): Promise<void> {
    await this.#ask(0, { kind: 'releaseTensor', kept });
  }

  async dispose(program: number): Promise<void> {
    await this.#ask(program, { kind: 'dispose' });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask<T extends Answer>(
    program: number,
    request: WithoutIds<Request>,
    handedOver: readonly Uint8Array[] = [],
  ): Promise<T> {
    return new Promise<Answer>((resolve, reject) => {
      const id = ++this.#count;
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(
        { id, program, ...request },
        handedOver.map((file) => file.buffer as ArrayBuffer),
      );
    }) as Promise<T>;
  }
}
