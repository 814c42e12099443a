import type { PartsSpec, ProgramInputs, Snapshot } from '../engine.ts';
import type { NamedArrays } from '../optimizers/optimizer.ts';
import type { TrainingBackend } from '../training-backend.ts';
import type { Ports } from './kept-tensors.ts';
import { onnxTensors, portsOf } from './onnx-tensor.ts';
import type { SessionThread } from './session-thread.ts';

/** Training in a thread of ONNX Runtime, which holds the weights and the tensors of all passes. */
export class OnnxTraining implements TrainingBackend {
  readonly #spec: PartsSpec;
  readonly #program: number;
  readonly #session: SessionThread;
  readonly #leave: () => Promise<void>;
  /** By number of a forward pass without a backward pass yet: its part. */
  readonly #partOf = new Map<number, string>();

  constructor(spec: PartsSpec, program: number, session: SessionThread, leave: () => Promise<void>) {
    this.#spec = spec;
    this.#program = program;
    this.#session = session;
    this.#leave = leave;
  }

  async forward(part: string, inputs: ProgramInputs) {
    const { inputs: ports, kept = [] } = this.#spec.parts[part];
    const given = this.#portsOf(part, Object.keys(ports), inputs);
    const result = await this.#session.ask('forward', { program: this.#program, part, inputs: given, keep: kept });
    this.#partOf.set(result.pass, part);
    return { pass: result.pass, outputs: onnxTensors(result.ports, this.#session) };
  }

  async backward(pass: number, cotangents: readonly ProgramInputs[]) {
    const part = this.#partOf.get(pass)!;
    this.#partOf.delete(pass);
    const keep = Object.entries(this.#spec.parts[part].inputs).flatMap(([name, { kept }]) => (kept ? [name] : []));
    const given = cotangents.map((ones) => this.#portsOf(part, Object.keys(ones), ones));
    const request = { program: this.#program, pass, cotangents: given, keep };
    const result = await this.#session.ask('backward', request);
    return { pass: result.pass, inputGradients: onnxTensors(result.ports, this.#session) };
  }

  async weightGradients(pass: number): Promise<NamedArrays> {
    return await this.#session.ask('weightGradients', { program: this.#program, pass });
  }

  async apply(passes: readonly number[], learningRate: number): Promise<number | undefined> {
    return await this.#session.ask('apply', { program: this.#program, passes, learningRate });
  }

  release(pass: number): void {
    this.#partOf.delete(pass);
    // A failure of the thread is reported by its next computation.
    this.#session.ask('releasePass', { program: this.#program, pass }).catch(() => {});
  }

  async snapshot(): Promise<Snapshot> {
    return await this.#session.ask('snapshot', { program: this.#program });
  }

  async dispose(): Promise<void> {
    await this.#session.ask('dispose', { program: this.#program });
    await this.#leave();
  }

  #portsOf(part: string, names: readonly string[], inputs: ProgramInputs): Ports {
    const label = `${this.#spec.name}, ${part}`;
    const { owner, ports } = portsOf(label, names, inputs);
    if (owner && owner !== this.#session)
      throw new Error(`${label}: a device-resident (kept) tensor lies in another thread`);
    return ports;
  }
}
