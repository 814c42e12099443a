import type {
  EngineTensor,
  ForwardPass,
  Gradients,
  HostInputs,
  LossSpec,
  PartsProgram,
  PartsSpec,
  Snapshot,
  StepResult,
  TrainingProgram,
} from './engine.ts';
import type { HostTensor } from './host-tensor.ts';

/** The name of the loss among the outputs; the others keep the names that the loss function gives them. */
const LOSS = 'the loss';

/** A loss as a model of one part. */
export function lossParts({ inputs, loss, name, trainable, weights }: LossSpec): PartsSpec<'step'> {
  const model: PartsSpec['parts'][string]['model'] = (parameters, given) => {
    const { outputs, updates = {}, ...result } = loss(parameters, given);
    return { outputs: { ...outputs, [LOSS]: result.loss }, updates };
  };
  return { name, weights, trainable, parts: { step: { model, inputs, loss: LOSS } } };
}

/** Training on one loss: runs the program of its `lossParts`. */
export class LossProgram implements TrainingProgram {
  readonly #program: PartsProgram<'step'>;

  constructor(program: PartsProgram<'step'>) {
    this.#program = program;
  }

  gradients(inputs: HostInputs): Promise<Gradients> {
    return this.#run(inputs, async (pass, read) => {
      const backward = await pass.backward();
      const gradients = await backward.weightGradients();
      backward.dispose();
      return { ...read, gradients };
    });
  }

  step(inputs: HostInputs, learningRate: number): Promise<StepResult> {
    return this.#run(inputs, async (pass, read) => {
      if (!Number.isFinite(read.loss)) return read;
      return { ...read, ...(await this.#program.apply([await pass.backward()], learningRate)) };
    });
  }

  async snapshot(): Promise<Snapshot> {
    return await this.#program.snapshot();
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Runs the forward pass, reads its outputs, and calls `use`. */
  async #run<T>(
    inputs: HostInputs,
    use: (pass: ForwardPass, read: Pick<StepResult, 'loss' | 'outputs'>) => Promise<T>,
  ): Promise<T> {
    const pass = await this.#program.parts.step.forward(inputs);
    try {
      const { [LOSS]: loss, ...outputs } = pass.outputs;
      const entries = Object.entries(outputs).map(async ([name, tensor]) => [name, await hostTensor(tensor)] as const);
      return await use(pass, { loss: (await loss.data())[0], outputs: Object.fromEntries(await Promise.all(entries)) });
    } finally {
      pass.dispose();
    }
  }
}

const hostTensor = async (tensor: EngineTensor): Promise<HostTensor> => ({
  shape: tensor.shape,
  data: await tensor.data(),
});
