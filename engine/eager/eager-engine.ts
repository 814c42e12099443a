import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import type {
  Engine,
  EngineName,
  PartsProgram,
  PartsSpec,
  Program,
  ProgramInputs,
  ProgramOutputs,
  ProgramSpec,
  TrainingOptions,
} from '../engine.ts';
import { LossProgram, lossParts } from '../loss-program.ts';
import type { Tensors } from '../tensors.ts';
import { TrainedParts } from '../trained-parts.ts';
import { EagerTensor, onBackend, parameterTensors, tensorOf } from './eager-tensor.ts';
import { registerGroupedConvolution } from './grouped-convolution.ts';

/**
 * An eager engine: a tfjs backend runs the model's operations one by one. The backend must be registered already.
 *
 * @param backend the tfjs name of the backend, such as `wasm` or `tensorflow`
 */
export function createEagerEngine(name: EngineName, backend: string, device: string): Engine {
  registerGroupedConvolution(backend);
  const trainParts = async <P extends string>(
    spec: PartsSpec<P>,
    options: TrainingOptions,
  ): Promise<PartsProgram<P>> => {
    // Only training needs gradients.
    const [{ EagerTraining }, { registerTrainingKernels }] = await Promise.all([
      import('./eager-training.ts'),
      import('./training-kernels.ts'),
    ]);
    registerTrainingKernels(backend);
    return new TrainedParts(spec, new EagerTraining(spec, options, backend));
  };
  return {
    name,
    device,
    streams: 1,
    compile: async (spec) => new EagerProgram(spec, backend),
    train: async (spec, options) => new LossProgram(await trainParts(lossParts(spec), options)),
    trainParts,
  };
}

class EagerProgram implements Program {
  readonly #spec: ProgramSpec;
  readonly #backend: string;
  #parameters: Tensors | undefined;

  constructor(spec: ProgramSpec, backend: string) {
    this.#spec = spec;
    this.#backend = backend;
    this.#parameters = onBackend(backend, () => parameterTensors(spec.weights));
  }

  async run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    const parameters = this.#parameters;
    const spec = this.#spec;
    if (!parameters) throw new ResnetCocoError('DISPOSED', `${spec.name} was used after dispose()`);
    const outputs = onBackend(this.#backend, () =>
      tf.tidy(() => {
        const tensors = Object.entries(inputs).map(([name, input]) => [name, tensorOf(input)] as const);
        const results = { ...(spec.model(parameters, Object.fromEntries(tensors)) as Tensors) };
        // A result may be one of the inputs, which its owner disposes of: clone the handle.
        for (const [name, result] of Object.entries(results)) results[name] = tf.clone(result);
        return results;
      }),
    );
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, new EagerTensor(tensor)]));
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#parameters ?? {})) tensor.dispose();
    this.#parameters = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
