/** The far side of a `SessionThread`: ONNX Runtime computes here, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Gradients, HostInputs, Snapshot, StepResult, TrainingOptions, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import { TrainingSession } from './training-session.ts';

/** A tensor that stays in this thread, by number. */
export interface KeptTensor {
  readonly kept: number;
  readonly shape: readonly number[];
}

export type Request = { readonly id: number } & (
  | { readonly kind: 'create'; readonly program: number; readonly file: Uint8Array; readonly options: object }
  | {
      readonly kind: 'run';
      readonly program: number;
      readonly inputs: Readonly<Record<string, HostTensor | KeptTensor>>;
      readonly keep: readonly string[];
    }
  | {
      readonly kind: 'train';
      readonly program: number;
      readonly file: Uint8Array;
      readonly options: object;
      readonly weights: Weights;
      readonly training: TrainingOptions;
    }
  | { readonly kind: 'gradients'; readonly program: number; readonly inputs: HostInputs }
  | { readonly kind: 'step'; readonly program: number; readonly inputs: HostInputs; readonly learningRate: number }
  | { readonly kind: 'snapshot'; readonly program: number }
  | { readonly kind: 'release'; readonly kept: number }
  | { readonly kind: 'dispose'; readonly program: number }
);

export type Outputs = Readonly<Record<string, HostTensor | KeptTensor>>;

/** What a request is answered with. */
export type Answer = Outputs | Gradients | StepResult | Snapshot;

export type Reply = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: string });

const sessions = new Map<number, ort.InferenceSession>();
const trainings = new Map<number, TrainingSession>();
const kept = new Map<number, ort.Tensor>();
let keptCount = 0;

function feed(input: HostTensor | KeptTensor): ort.Tensor {
  if ('kept' in input) return kept.get(input.kept)!;
  const type = input.data instanceof Float32Array ? 'float32' : 'int32';
  return new ort.Tensor(type, input.data, input.shape);
}

async function result(tensor: ort.Tensor, keep: boolean): Promise<HostTensor | KeptTensor> {
  if (!keep) return { shape: tensor.dims, data: (await tensor.getData()) as Float32Array | Int32Array };
  kept.set(++keptCount, tensor);
  return { kept: keptCount, shape: tensor.dims };
}

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case 'create':
      sessions.set(request.program, await ort.InferenceSession.create(request.file, request.options));
      return {};
    case 'run': {
      const feeds = Object.fromEntries(Object.entries(request.inputs).map(([name, input]) => [name, feed(input)]));
      const tensors = await sessions.get(request.program)!.run(feeds);
      const outputs: Record<string, HostTensor | KeptTensor> = {};
      for (const [name, tensor] of Object.entries(tensors)) {
        outputs[name] = await result(tensor as ort.Tensor, request.keep.includes(name));
      }
      return outputs;
    }
    case 'train': {
      const session = await ort.InferenceSession.create(request.file, request.options);
      trainings.set(request.program, new TrainingSession(session, request.weights, request.training));
      return {};
    }
    case 'gradients':
      return trainings.get(request.program)!.gradients(request.inputs);
    case 'step':
      return trainings.get(request.program)!.step(request.inputs, request.learningRate);
    case 'snapshot':
      return trainings.get(request.program)!.snapshot();
    case 'release':
      kept.get(request.kept)?.dispose();
      kept.delete(request.kept);
      return {};
    case 'dispose':
      await (sessions.get(request.program) ?? trainings.get(request.program))?.release();
      sessions.delete(request.program);
      trainings.delete(request.program);
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
