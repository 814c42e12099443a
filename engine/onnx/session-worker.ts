/** The far side of a `SessionThread`: ONNX Runtime computes here, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Snapshot, TrainingOptions, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { NamedArrays } from '../optimisers/optimiser.ts';
import type { RoiAlignGradientStep } from '../trace/host-steps.ts';
import { type KeptTensor, KeptTensors, type Ports } from './kept-tensors.ts';
import { type PassResult, type PassSessions, TrainingSession } from './training-session.ts';

/** The ONNX files of a part in training. */
export interface PassFiles {
  readonly forward: Uint8Array;
  readonly backward?: Uint8Array;
  readonly steps: readonly RoiAlignGradientStep[];
}

export type Request = { readonly id: number; readonly program: number } & (
  | { readonly kind: 'create'; readonly file: Uint8Array; readonly options: object }
  | { readonly kind: 'run'; readonly inputs: Ports; readonly keep: readonly string[] }
  | {
      readonly kind: 'train';
      readonly parts: Readonly<Record<string, PassFiles>>;
      readonly options: object;
      readonly weights: Weights;
      readonly training: TrainingOptions;
    }
  | { readonly kind: 'forward'; readonly part: string; readonly inputs: Ports; readonly keep: readonly string[] }
  | { readonly kind: 'backward'; readonly pass: number; readonly cotangents: Ports; readonly keep: readonly string[] }
  | { readonly kind: 'gradients'; readonly pass: number }
  | { readonly kind: 'apply'; readonly passes: readonly number[]; readonly learningRate: number }
  | { readonly kind: 'releasePass'; readonly pass: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'releaseTensor'; readonly kept: number }
  | { readonly kind: 'dispose' }
);

/** What a request is answered with. */
export type Answer = Ports | PassResult | NamedArrays | Snapshot | { readonly norm: number | undefined };

export type Reply = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: string });

const sessions = new Map<number, ort.InferenceSession>();
const trainings = new Map<number, TrainingSession>();
const kept = new KeptTensors();

const createSession = (file: Uint8Array, options: object) => ort.InferenceSession.create(file, options);

async function answer(request: Request): Promise<Answer> {
  const { program } = request;
  switch (request.kind) {
    case 'create':
      sessions.set(program, await createSession(request.file, request.options));
      return {};
    case 'run': {
      const feeds = Object.entries(request.inputs).map(([name, input]) => [name, kept.feed(input)] as const);
      const tensors = await sessions.get(program)!.run(Object.fromEntries(feeds));
      const outputs: Record<string, HostTensor | KeptTensor> = {};
      for (const [name, tensor] of Object.entries(tensors)) {
        outputs[name] = await kept.result(tensor as ort.Tensor, request.keep.includes(name));
      }
      return outputs;
    }
    case 'train': {
      const parts: Record<string, PassSessions> = {};
      for (const [name, files] of Object.entries(request.parts)) {
        const forward = await createSession(files.forward, request.options);
        const backward = files.backward && (await createSession(files.backward, request.options));
        parts[name] = { forward, backward, steps: files.steps };
      }
      trainings.set(program, new TrainingSession(parts, request.weights, request.training, kept));
      return {};
    }
    case 'forward':
      return trainings.get(program)!.forward(request.part, request.inputs, request.keep);
    case 'backward':
      return trainings.get(program)!.backward(request.pass, request.cotangents, request.keep);
    case 'gradients':
      return trainings.get(program)!.weightGradients(request.pass);
    case 'apply':
      return { norm: trainings.get(program)!.apply(request.passes, request.learningRate) };
    case 'releasePass':
      trainings.get(program)?.release(request.pass);
      return {};
    case 'snapshot':
      return trainings.get(program)!.snapshot();
    case 'releaseTensor':
      kept.release(request.kept);
      return {};
    case 'dispose':
      await sessions.get(program)?.release();
      await trainings.get(program)?.dispose();
      sessions.delete(program);
      trainings.delete(program);
      return {};
  }
}

parentPort?.on('message', async (request: Request) => {
  const { id } = request;
  const reply: Reply = await answer(request).then(
    (value) => ({ id, answer: value }),
    (error: Error) => ({ id, error: error.message }),
  );
  parentPort?.postMessage(reply);
});
