import * as tf from '@tensorflow/tfjs-core';
import { type Differentiated, differentiate } from '../differentiate.ts';
import type { PartsSpec, ProgramInputs, ProgramOutputs, Snapshot, TrainingOptions } from '../engine.ts';
import type { NamedArrays } from '../optimizers/optimizer.ts';
import type { Tensors } from '../tensors.ts';
import type { TrainingBackend } from '../training-backend.ts';
import { TrainingState, type WeightChanges } from '../training-state.ts';
import { EagerTensor, onBackend, parameterTensors, TO_OIHW, tensorOf } from './eager-tensor.ts';

/** What a forward pass saves: its inputs, to run again with gradients; for a loss, the gradients themselves. */
type Held = { readonly part: string; readonly inputs: Tensors } | BackwardResult;

interface BackwardResult {
  readonly changes: WeightChanges;
  readonly inputGradients: ProgramOutputs;
}

/**
 * Training on a tfjs backend. The backend computes the gradients, the host runs the optimizer. tfjs differentiates
 * while it computes, so a part whose cotangents come later is computed twice.
 */
export class EagerTraining implements TrainingBackend {
  readonly #spec: PartsSpec;
  readonly #backend: string;
  readonly #state: TrainingState;
  readonly #forwards = new Map<number, Held>();
  readonly #backwards = new Map<number, WeightChanges>();
  #count = 0;

  constructor(spec: PartsSpec, options: TrainingOptions, backend: string) {
    this.#spec = spec;
    this.#backend = backend;
    this.#state = new TrainingState(spec, options);
  }

  async forward(part: string, inputs: ProgramInputs) {
    const { loss, model } = this.#spec.parts[part];
    const pass = ++this.#count;
    const inputTensors = onBackend(this.#backend, () => tensorsOf(inputs));
    if (loss !== undefined) {
      const { outputs, ...passes } = this.#differentiate(part, inputTensors, {});
      disposeAll(inputTensors);
      this.#forwards.set(pass, await readPasses(passes));
      return { pass, outputs: eagerTensors(outputs) };
    }
    const outputs = onBackend(this.#backend, () =>
      // A result may be one of the inputs: clone the handle.
      tf.tidy(() => mapped(model(this.#parameters(), inputTensors).outputs as Tensors, (tensor) => tf.clone(tensor))),
    );
    this.#forwards.set(pass, { part, inputs: inputTensors });
    return { pass, outputs: eagerTensors(outputs) };
  }

  async backward(pass: number, cotangents: readonly ProgramInputs[]) {
    const forwardPass = this.#forwards.get(pass)!;
    this.#forwards.delete(pass);
    const { changes, inputGradients } =
      'part' in forwardPass ? await this.#runAgain(forwardPass, cotangents) : forwardPass;
    const backwardPass = ++this.#count;
    this.#backwards.set(backwardPass, changes);
    return { pass: backwardPass, inputGradients };
  }

  async #runAgain(
    { inputs, part }: { readonly part: string; readonly inputs: Tensors },
    cotangents: readonly ProgramInputs[],
  ): Promise<BackwardResult> {
    const cotangentTensors = onBackend(this.#backend, () => sumsOf(cotangents));
    const { outputs, ...passes } = this.#differentiate(part, inputs, cotangentTensors);
    for (const tensors of [cotangentTensors, inputs, outputs]) disposeAll(tensors);
    return readPasses(passes);
  }

  async weightGradients(pass: number): Promise<NamedArrays> {
    return mapped(this.#backwards.get(pass)!.gradients, (gradient) => gradient.slice());
  }

  async apply(passes: readonly number[], learningRate: number): Promise<number | undefined> {
    const changes = passes.map((pass) => this.#backwards.get(pass)!);
    for (const pass of passes) this.#backwards.delete(pass);
    return this.#state.step(changes, learningRate);
  }

  release(pass: number): void {
    const forwardPass = this.#forwards.get(pass);
    if (forwardPass && 'part' in forwardPass) disposeAll(forwardPass.inputs);
    else for (const tensor of Object.values(forwardPass?.inputGradients ?? {})) tensor.dispose();
    this.#forwards.delete(pass);
    this.#backwards.delete(pass);
  }

  async snapshot(): Promise<Snapshot> {
    return this.#state.snapshot();
  }

  async dispose(): Promise<void> {
    for (const pass of this.#forwards.keys()) this.release(pass);
  }

  #parameters(): Tensors {
    const state = this.#state;
    return parameterTensors(mapped(this.#spec.weights, ({ shape }, name) => ({ shape, data: state.weights[name] })));
  }

  #differentiate(part: string, inputs: Tensors, cotangents: Tensors): Differentiated {
    const { parts, trainable } = this.#spec;
    return onBackend(this.#backend, () =>
      tf.tidy(() => {
        const passes = differentiate(parts[part], trainable, this.#parameters(), inputs, () => cotangents);
        const asStored = (tensor: tf.Tensor) => (tensor.rank === 4 ? tf.transpose(tensor, TO_OIHW) : tf.clone(tensor));
        return {
          ...passes,
          weightGradients: mapped(passes.weightGradients, asStored),
          inputGradients: mapped(passes.inputGradients, (tensor) => tf.clone(tensor)),
        };
      }),
    );
  }
}

async function readPasses(passes: Omit<Differentiated, 'outputs'>): Promise<BackwardResult> {
  const changes = { gradients: await read(passes.weightGradients), updates: await read(passes.updates) };
  return { changes, inputGradients: eagerTensors(passes.inputGradients) };
}

/** Reads the values of tensors and disposes of them. */
async function read(tensors: Tensors): Promise<NamedArrays> {
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    const data = (await tensor.data()) as Float32Array;
    tensor.dispose();
    return [name, data] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Those of the same name added. */
function sumsOf(inputs: readonly ProgramInputs[]): Tensors {
  const names = new Set(inputs.flatMap((part) => Object.keys(part)));
  const sums = [...names].map((name) => {
    const sum = tf.tidy(() => tf.addN(inputs.flatMap((part) => (part[name] ? [tensorOf(part[name])] : []))));
    return [name, sum] as const;
  });
  return Object.fromEntries(sums);
}

const tensorsOf = (inputs: ProgramInputs): Tensors => mapped(inputs, tensorOf);

const eagerTensors = (tensors: Tensors): ProgramOutputs => mapped(tensors, (tensor) => new EagerTensor(tensor));

function disposeAll(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

const mapped = <T, U>(record: Readonly<Record<string, T>>, of: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value, name)]));
