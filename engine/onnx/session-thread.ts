import { Worker } from 'node:worker_threads';
import type { Gradients, HostInputs, Snapshot, StepResult, TrainingOptions, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { Answer, KeptTensor, Outputs, Reply, Request } from './session-worker.ts';

type WithoutId<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;

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
    await this.#ask({ kind: 'create', program, file, options }, [file.buffer as ArrayBuffer]);
  }

  async run(
    program: number,
    inputs: Readonly<Record<string, HostTensor | KeptTensor>>,
    keep: readonly string[],
  ): Promise<Outputs> {
    this.load++;
    try {
      return await this.#ask<Outputs>({ kind: 'run', program, inputs, keep });
    } finally {
      this.load--;
    }
  }

  /** `file` is handed over, and empty afterwards. */
  async train(
    program: number,
    file: Uint8Array,
    options: object,
    weights: Weights,
    training: TrainingOptions,
  ): Promise<void> {
    await this.#ask({ kind: 'train', program, file, options, weights, training }, [file.buffer as ArrayBuffer]);
  }

  gradients(program: number, inputs: HostInputs): Promise<Gradients> {
    return this.#ask({ kind: 'gradients', program, inputs });
  }

  step(program: number, inputs: HostInputs, learningRate: number): Promise<StepResult> {
    return this.#ask({ kind: 'step', program, inputs, learningRate });
  }

  snapshot(program: number): Promise<Snapshot> {
    return this.#ask({ kind: 'snapshot', program });
  }

  async release(kept: number): Promise<void> {
    await this.#ask({ kind: 'release', kept });
  }

  async dispose(program: number): Promise<void> {
    await this.#ask({ kind: 'dispose', program });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask<T extends Answer>(request: WithoutId<Request>, handedOver: ArrayBuffer[] = []): Promise<T> {
    return new Promise<Answer>((resolve, reject) => {
      const id = ++this.#count;
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, ...request }, handedOver);
    }) as Promise<T>;
  }
}
