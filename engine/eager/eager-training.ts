import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import { differentiate } from '../differentiate.ts';
import type {
  Gradients,
  HostInputs,
  LossSpec,
  Snapshot,
  StepResult,
  Tensors,
  TrainingOptions,
  TrainingProgram,
} from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import { type LossRun, TrainingState } from '../training-state.ts';
import { onBackend, parameterTensors, TO_OIHW, tensorOf } from './eager-engine.ts';

/** Training on a tfjs backend: gradients there, the optimiser on the host. */
export class EagerTraining implements TrainingProgram {
  private readonly spec: LossSpec;
  private readonly backend: string;
  private readonly state: TrainingState;
  private disposed = false;

  constructor(spec: LossSpec, options: TrainingOptions, backend: string) {
    this.spec = spec;
    this.backend = backend;
    this.state = new TrainingState(spec, options);
  }

  async gradients(inputs: HostInputs): Promise<Gradients> {
    const { gradients, loss, outputs } = await this.run(inputs);
    return { loss, outputs, gradients };
  }

  async step(inputs: HostInputs, learningRate: number): Promise<StepResult> {
    return this.state.step(await this.run(inputs), learningRate);
  }

  async snapshot(): Promise<Snapshot> {
    this.checkAlive();
    return this.state.snapshot();
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  private async run(inputs: HostInputs): Promise<LossRun> {
    this.checkAlive();
    const { spec, state } = this;
    const tensors = onBackend(this.backend, () =>
      tf.tidy(() => {
        const weights = Object.entries(spec.weights).map(([name, { shape }]) => [
          name,
          { shape, data: state.weights[name] },
        ]);
        const parameters = parameterTensors(Object.fromEntries(weights) as LossSpec['weights']);
        const given = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tensorOf(input)]));
        const { gradients, loss, outputs = {}, updates = {} } = differentiate(spec, parameters, given);
        const asStored = (list: Tensors) =>
          mapped(list, (tensor) => (tensor.rank === 4 ? tf.transpose(tensor, TO_OIHW) : tf.clone(tensor)));
        return { loss: { loss }, outputs, updates, gradients: asStored(gradients) };
      }),
    );
    const read = async (list: Tensors) => {
      const entries = Object.entries(list).map(async ([name, tensor]) => {
        const data = (await tensor.data()) as Float32Array;
        tensor.dispose();
        return [name, { shape: tensor.shape, data }] as const;
      });
      return Object.fromEntries(await Promise.all(entries)) as Record<string, HostTensor>;
    };
    const arrays = async (list: Tensors) => mapped(await read(list), ({ data }) => data as Float32Array);
    return {
      loss: (await arrays(tensors.loss)).loss[0],
      outputs: await read(tensors.outputs),
      updates: await arrays(tensors.updates),
      gradients: await arrays(tensors.gradients),
    };
  }

  private checkAlive(): void {
    if (this.disposed) throw new ResnetCocoError('DISPOSED', `${this.spec.name} was used after dispose()`);
  }
}

const mapped = <T, U>(record: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
