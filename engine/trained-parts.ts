import { ResnetCocoError } from '../errors.ts';
import type {
  BackwardPass,
  ForwardPass,
  PartSpec,
  PartsProgram,
  PartsSpec,
  ProgramInputs,
  ProgramOutputs,
  Snapshot,
  StepResult,
  TrainedPart,
} from './engine.ts';
import type { NamedArrays } from './optimizers/optimizer.ts';
import type { TrainingBackend } from './training-backend.ts';

/** A model in parts on any engine. Checks the order of calls; the backend computes. */
export class TrainedParts<P extends string> implements PartsProgram<P> {
  readonly parts: Readonly<Record<P, TrainedPart>>;
  readonly #name: string;
  readonly #backend: TrainingBackend;
  /** Steps taken so far: a forward pass is valid only for the weights that it ran with. */
  #steps = 0;
  #disposed = false;

  constructor({ name, parts }: PartsSpec<P>, backend: TrainingBackend) {
    this.#name = name;
    this.#backend = backend;
    const entries = Object.entries<PartSpec>(parts).map(([part, spec]) => [
      part,
      { forward: (inputs: ProgramInputs) => this.#forward(part, spec, inputs) },
    ]);
    this.parts = Object.fromEntries(entries);
  }

  async #forward(part: string, spec: PartSpec, inputs: ProgramInputs): Promise<ForwardPass> {
    this.#checkAlive();
    const label = `${this.#name}, ${part}`;
    for (const input of Object.keys(spec.inputs)) {
      if (!inputs[input]) throw new Error(`${label}: input '${input}' is missing`);
    }
    const { outputs, pass } = await this.#backend.forward(part, inputs);
    const steps = this.#steps;
    let open = true;
    const close = () => {
      this.#checkAlive();
      if (!open) throw new Error(`${label}: backward() was called before on this pass, or the pass was disposed of`);
      if (steps !== this.#steps) throw new Error(`${label}: the weights have changed since this forward pass`);
    };
    const dispose = () => {
      disposeAll(outputs);
      if (open && !this.#disposed) this.#backend.release(pass);
      open = false;
    };
    return {
      outputs,
      backward: async (cotangents = {}, ...more) => {
        close();
        checkCotangents(label, spec, outputs, cotangents);
        for (const further of more) checkCotangents(label, spec, outputs, { ...cotangents, ...further });
        open = false;
        const result = await this.#backend.backward(pass, [cotangents, ...more]);
        return new TakenBack(label, result.inputGradients, result.pass, this.#backend);
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  }

  async apply(passes: readonly BackwardPass[], learningRate: number): Promise<Pick<StepResult, 'gradientNorm'>> {
    this.#checkAlive();
    const numbers = passes.map((pass) => {
      if (!(pass instanceof TakenBack) || pass.backend !== this.#backend) {
        throw new Error(`${this.#name}: a backward pass belongs to another program`);
      }
      return pass.use();
    });
    this.#steps++;
    const gradientNorm = await this.#backend.apply(numbers, learningRate);
    return gradientNorm === undefined ? {} : { gradientNorm };
  }

  async snapshot(): Promise<Snapshot> {
    this.#checkAlive();
    return await this.#backend.snapshot();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#backend.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #checkAlive(): void {
    if (this.#disposed) throw new ResnetCocoError('DISPOSED', `${this.#name} was used after dispose()`);
  }
}

class TakenBack implements BackwardPass {
  readonly inputGradients: ProgramOutputs;
  readonly backend: TrainingBackend;
  readonly #label: string;
  readonly #pass: number;
  #used = false;

  constructor(label: string, inputGradients: ProgramOutputs, pass: number, backend: TrainingBackend) {
    this.inputGradients = inputGradients;
    this.backend = backend;
    this.#label = label;
    this.#pass = pass;
  }

  async weightGradients(): Promise<NamedArrays> {
    this.#checkUnused();
    return await this.backend.weightGradients(this.#pass);
  }

  /** The pass's number. Marks the pass as used. */
  use(): number {
    this.#checkUnused();
    this.#used = true;
    return this.#pass;
  }

  dispose(): void {
    disposeAll(this.inputGradients);
    if (!this.#used) this.backend.release(this.#pass);
    this.#used = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkUnused(): void {
    if (this.#used) throw new Error(`${this.#label}: these gradients were applied or disposed of`);
  }
}

/** Checks that every output has a cotangent of its shape; a part with a loss takes none. */
function checkCotangents(
  label: string,
  { kept = [], loss }: PartSpec,
  outputs: ProgramOutputs,
  cotangents: ProgramInputs,
): void {
  const names = loss === undefined ? Object.keys(outputs) : [];
  const unknown = Object.keys(cotangents).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`${label}: '${unknown}' takes no cotangent; the outputs that do: ${names.join(', ') || 'none'}`);
  for (const name of names) {
    const cotangent = cotangents[name];
    if (!cotangent) throw new Error(`${label}: backward lacks the cotangent of '${name}'`);
    if (`${cotangent.shape}` !== `${outputs[name].shape}`) {
      throw new Error(`${label}: '${name}' has the shape [${outputs[name].shape}], its cotangent [${cotangent.shape}]`);
    }
    if (kept.includes(name) && !('dispose' in cotangent)) {
      throw new Error(
        `${label}: '${name}' is device-resident (kept); its cotangent must be another part's input gradient`,
      );
    }
  }
}

function disposeAll(tensors: ProgramOutputs): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
