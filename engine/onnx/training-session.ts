/** A training run inside the thread that has ONNX Runtime: the weights lie here, and a step touches no other thread. */
import * as ort from 'onnxruntime-node';
import type { Gradients, HostInputs, Snapshot, StepResult, TrainingOptions, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import { lossPorts } from '../trace/loss-ports.ts';
import { type LossRun, TrainingState } from '../training-state.ts';

const PREFIXES = { output: lossPorts.output(''), update: lossPorts.update(''), gradient: lossPorts.gradient('') };

export class TrainingSession {
  private readonly session: ort.InferenceSession;
  private readonly state: TrainingState;
  /** The weights as the session takes them: the same memory, so a step's changes are there for the next. */
  private readonly feeds: Readonly<Record<string, ort.Tensor>>;

  constructor(session: ort.InferenceSession, weights: Weights, options: TrainingOptions) {
    this.session = session;
    this.state = new TrainingState({ weights }, options);
    this.feeds = Object.fromEntries(
      Object.entries(this.state.weights).map(([name, data]) => [
        lossPorts.weight(name),
        new ort.Tensor('float32', data, weights[name].shape),
      ]),
    );
  }

  async gradients(inputs: HostInputs): Promise<Gradients> {
    const { gradients, loss, outputs } = await this.run(inputs);
    return { loss, outputs, gradients };
  }

  async step(inputs: HostInputs, learningRate: number): Promise<StepResult> {
    return this.state.step(await this.run(inputs), learningRate);
  }

  snapshot(): Snapshot {
    return this.state.snapshot();
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private async run(inputs: HostInputs): Promise<LossRun> {
    const batch = Object.entries(inputs).map(([name, { data, shape }]) => {
      const type = data instanceof Float32Array ? 'float32' : 'int32';
      return [name, new ort.Tensor(type, data, shape)] as const;
    });
    const results = await this.session.run({ ...this.feeds, ...Object.fromEntries(batch) });
    const outputs: Record<string, HostTensor> = {};
    const updates: Record<string, Float32Array> = {};
    const gradients: Record<string, Float32Array> = {};
    for (const [port, tensor] of Object.entries(results)) {
      const data = tensor.data as Float32Array;
      if (port.startsWith(PREFIXES.gradient)) gradients[port.slice(PREFIXES.gradient.length)] = data;
      else if (port.startsWith(PREFIXES.update)) updates[port.slice(PREFIXES.update.length)] = data;
      else if (port.startsWith(PREFIXES.output)) {
        outputs[port.slice(PREFIXES.output.length)] = { shape: tensor.dims, data };
      }
    }
    return { loss: (results[lossPorts.loss].data as Float32Array)[0], outputs, updates, gradients };
  }
}
