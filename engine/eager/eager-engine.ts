import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import type {
  Engine,
  EngineName,
  EngineTensor,
  PartsProgram,
  PartsSpec,
  Program,
  ProgramInputs,
  ProgramOutputs,
  ProgramSpec,
  Tensors,
  TrainingOptions,
  Weights,
} from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import { LossProgram, lossParts } from '../loss-program.ts';
import { TrainedParts } from '../trained-parts.ts';

/** Where an OIHW filter's axes go in tfjs, which wants HWIO. */
const TO_HWIO = [2, 3, 1, 0];
/** And back. */
export const TO_OIHW = [3, 2, 0, 1];

/**
 * An eager engine: the model's tfjs operations run one by one on a tfjs backend that is registered and initialised.
 *
 * @param backend the tfjs name of the backend, such as `wasm` or `tensorflow`
 */
export function createEagerEngine(name: EngineName, backend: string, device: string): Engine {
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

/** Makes `backend` the current one for as long as `body`, which is synchronous, runs: tfjs's backend is global. */
export function onBackend<T>(backend: string, body: () => T): T {
  const before = tf.engine().backendName;
  void tf.setBackend(backend);
  try {
    return body();
  } finally {
    if (before) void tf.setBackend(before);
  }
}

export class EagerTensor implements EngineTensor {
  readonly tensor: tf.Tensor;

  constructor(tensor: tf.Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  async data(): Promise<Float32Array | Int32Array> {
    return (await this.tensor.data()) as Float32Array | Int32Array;
  }

  dispose(): void {
    this.tensor.dispose();
  }
}

class EagerProgram implements Program {
  private readonly spec: ProgramSpec;
  private readonly backend: string;
  private parameters: Tensors | undefined;

  constructor(spec: ProgramSpec, backend: string) {
    this.spec = spec;
    this.backend = backend;
    this.parameters = onBackend(backend, () => parameterTensors(spec.weights));
  }

  async run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    const { parameters, spec } = this;
    if (!parameters) throw new ResnetCocoError('DISPOSED', `${spec.name} was used after dispose()`);
    const outputs = onBackend(this.backend, () =>
      tf.tidy(() => {
        const tensors = Object.entries(inputs).map(([name, input]) => [name, tensorOf(input)] as const);
        const results = { ...spec.model(parameters, Object.fromEntries(tensors)) };
        // A result may be one of the inputs, which its owner disposes of: give it a handle of its own.
        for (const [name, result] of Object.entries(results)) results[name] = tf.clone(result);
        return results;
      }),
    );
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, new EagerTensor(tensor)]));
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.parameters ?? {})) tensor.dispose();
    this.parameters = undefined;
  }
}

export function tensorOf(input: HostTensor | EngineTensor): tf.Tensor {
  if (input instanceof EagerTensor) return tf.clone(input.tensor);
  if ('dispose' in input) throw new Error('the input belongs to another engine');
  return tf.tensor(input.data, [...input.shape], input.data instanceof Float32Array ? 'float32' : 'int32');
}

export function parameterTensors(weights: Weights): Tensors {
  const entries = Object.entries(weights).map(([name, { data, shape }]) => {
    const tensor = tf.tidy(() => {
      const stored = tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
      return shape.length === 4 ? tf.transpose(stored, TO_HWIO) : stored;
    });
    return [name, tensor] as const;
  });
  return Object.fromEntries(entries);
}
