/** The worker of a `SessionThread`: ONNX Runtime computes here, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { type SentError, sentError } from '../../io/threads/sent-error.ts';
import type { Snapshot, TrainingOptions, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { NamedArrays } from '../optimizers/optimizer.ts';
import type { RoiAlignGradientStep } from '../trace/host-steps.ts';
import { type KeptTensor, KeptTensors, type Ports } from './kept-tensors.ts';
import { type PassResult, type PassSessions, TrainingSession } from './training-session.ts';

/** The ONNX files of a part in training. */
export interface PassFiles {
  readonly forward: Uint8Array;
  readonly backward?: Uint8Array;
  readonly steps: readonly RoiAlignGradientStep[];
}

interface OfProgram {
  readonly program: number;
}

const sessions = new Map<number, ort.InferenceSession>();
const trainings = new Map<number, TrainingSession>();
const kept = new KeptTensors();

const createSession = (file: Uint8Array, options: object) => ort.InferenceSession.create(file, options);

/** The requests of the thread: the argument and the answer of each verb. */
const verbs = {
  async create({ file, options, program }: OfProgram & { readonly file: Uint8Array; readonly options: object }) {
    sessions.set(program, await createSession(file, options));
  },

  /** @param given.keep outputs that stay in this thread */
  async run({
    inputs,
    keep,
    program,
  }: OfProgram & { readonly inputs: Ports; readonly keep: readonly string[] }): Promise<Ports> {
    const feeds = Object.entries(inputs).map(([name, input]) => [name, kept.feed(input)] as const);
    const tensors = await sessions.get(program)!.run(Object.fromEntries(feeds));
    const outputs: Record<string, HostTensor | KeptTensor> = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      outputs[name] = await kept.result(tensor as ort.Tensor, keep.includes(name));
    }
    return outputs;
  },

  async train(
    given: OfProgram & {
      readonly parts: Readonly<Record<string, PassFiles>>;
      readonly options: object;
      readonly weights: Weights;
      readonly training: TrainingOptions;
    },
  ) {
    const parts: Record<string, PassSessions> = {};
    for (const [name, { backward, forward, steps }] of Object.entries(given.parts)) {
      parts[name] = {
        forward: await createSession(forward, given.options),
        backward: backward && (await createSession(backward, given.options)),
        steps,
      };
    }
    trainings.set(given.program, new TrainingSession(parts, given.weights, given.training, kept));
  },

  /** @param given.keep outputs that stay in this thread */
  forward({
    inputs,
    keep,
    part,
    program,
  }: OfProgram & {
    readonly part: string;
    readonly inputs: Ports;
    readonly keep: readonly string[];
  }): Promise<PassResult> {
    return trainings.get(program)!.forward(part, inputs, keep);
  },

  /** @param given.keep inputs whose gradients stay in this thread */
  backward({
    cotangents,
    keep,
    pass,
    program,
  }: OfProgram & {
    readonly pass: number;
    readonly cotangents: readonly Ports[];
    readonly keep: readonly string[];
  }): Promise<PassResult> {
    return trainings.get(program)!.backward(pass, cotangents, keep);
  },

  weightGradients({ pass, program }: OfProgram & { readonly pass: number }): NamedArrays {
    return trainings.get(program)!.weightGradients(pass);
  },

  /** @returns the norm of the gradients, if they are clipped */
  apply({
    learningRate,
    passes,
    program,
  }: OfProgram & { readonly passes: readonly number[]; readonly learningRate: number }): number | undefined {
    return trainings.get(program)!.apply(passes, learningRate);
  },

  releasePass({ pass, program }: OfProgram & { readonly pass: number }): void {
    trainings.get(program)?.release(pass);
  },

  snapshot({ program }: OfProgram): Snapshot {
    return trainings.get(program)!.snapshot();
  },

  releaseTensor({ tensor }: { readonly tensor: number }): void {
    kept.release(tensor);
  },

  async dispose({ program }: OfProgram): Promise<void> {
    await sessions.get(program)?.release();
    await trainings.get(program)?.dispose();
    sessions.delete(program);
    trainings.delete(program);
  },
};

export type Verb = keyof typeof verbs;
export type Given<V extends Verb> = Parameters<(typeof verbs)[V]>[0];
export type Answer<V extends Verb> = Awaited<ReturnType<(typeof verbs)[V]>>;

export interface Request<V extends Verb = Verb> {
  readonly id: number;
  readonly verb: V;
  readonly given: Given<V>;
}

export type Reply<V extends Verb = Verb> = { readonly id: number } & (
  | { readonly answer: Answer<V> }
  | { readonly error: SentError }
);

/** The memory of an answer that this thread needs no more: it is transferred instead of copied. */
export function handedOver(verb: Verb, answer: Answer<Verb>): ArrayBuffer[] {
  // ONNX Runtime or a later step still uses the memory of other answers.
  if (verb !== 'snapshot') return [];
  return Object.values(answer as Snapshot).flatMap((arrays: NamedArrays) =>
    Object.values(arrays).map(({ buffer }) => buffer as ArrayBuffer),
  );
}

parentPort?.on('message', async (request: Request) => {
  const { id } = request;
  const answerTo = verbs[request.verb] as (given: Given<Verb>) => Answer<Verb> | Promise<Answer<Verb>>;
  let reply: Reply;
  let memory: ArrayBuffer[] = [];
  try {
    const answer = await answerTo(request.given);
    reply = { id, answer };
    memory = handedOver(request.verb, answer);
  } catch (thrown) {
    reply = { id, error: sentError(thrown) };
  }
  parentPort?.postMessage(reply, memory);
});
