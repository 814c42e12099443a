/** A training run inside the thread of ONNX Runtime: it holds the weights, and a step touches no other thread. */
import * as ort from 'onnxruntime-node';
import type { Snapshot, TrainingOptions, Weights } from '../engine.ts';
import { roiAlignGradientOfMaps } from '../ops/roi-align-gradient.ts';
import type { NamedArrays } from '../optimizers/optimizer.ts';
import type { RoiAlignGradientStep } from '../trace/host-steps.ts';
import { partPorts, portsOfKind } from '../trace/part-ports.ts';
import { TrainingState, type WeightChanges } from '../training-state.ts';
import type { KeptTensors, Ports } from './kept-tensors.ts';
import type { ReusedMemory } from './reused-memory.ts';

/** The sessions of a part: its forward pass and its backward pass. */
export interface PassSessions {
  readonly forward: ort.InferenceSession;
  /** Undefined for a loss, whose forward session computes both passes. */
  readonly backward: ort.InferenceSession | undefined;
  /** What the host computes after the last session. */
  readonly steps: readonly RoiAlignGradientStep[];
}

/** The results of a pass, and its number. */
export interface PassResult {
  readonly pass: number;
  /** Outputs of a forward pass, or input gradients of a backward pass. */
  readonly ports: Ports;
}

type OrtTensors = Readonly<Record<string, ort.Tensor>>;

export class TrainingSession {
  readonly #parts: Readonly<Record<string, PassSessions>>;
  readonly #kept: KeptTensors;
  readonly #state: TrainingState;
  /** The weights as the sessions take them. They share memory with `state`, so the next step sees the changes. */
  readonly #weights: OrtTensors;
  /** By number, the tensors that forward passes save for backward passes. */
  readonly #forwards = new Map<
    number,
    { readonly part: string; readonly fed: OrtTensors; readonly held: OrtTensors }
  >();
  /** By number, the weight gradients and updates of backward passes. */
  readonly #backwards = new Map<number, WeightChanges>();
  #count = 0;

  constructor(
    parts: Readonly<Record<string, PassSessions>>,
    weights: Weights,
    options: TrainingOptions,
    kept: KeptTensors,
  ) {
    this.#parts = parts;
    this.#kept = kept;
    this.#state = new TrainingState({ weights }, options);
    const entries = Object.entries(this.#state.weights).map(([name, data]) => [
      partPorts.weight(name),
      new ort.Tensor('float32', data, weights[name].shape),
    ]);
    this.#weights = Object.fromEntries(entries);
  }

  /** @param keep outputs that stay in this thread */
  async forward(part: string, inputs: Ports, keep: readonly string[]): Promise<PassResult> {
    const { backward, forward } = this.#parts[part];
    const fed = this.#fed('input', inputs);
    const feeds = { ...this.#weights, ...fed };
    const results = await forward.run(chosen(feeds, forward.inputNames));
    const all = { ...feeds, ...results };
    // What the backward session needs; without one, all results.
    const held = backward ? chosen(all, backward.inputNames) : results;
    const updates = Object.entries(results).filter(([port]) => port.startsWith(partPorts.update('')));
    const pass = ++this.#count;
    this.#forwards.set(pass, { part, fed, held: { ...held, ...Object.fromEntries(updates) } });
    return { pass, ports: await this.#sent('output', results, keep) };
  }

  /** @param keep inputs whose gradients stay in this thread */
  async backward(pass: number, cotangents: readonly Ports[], keep: readonly string[]): Promise<PassResult> {
    const { fed, held, part } = this.#forwards.get(pass)!;
    this.#forwards.delete(pass);
    const { backward, steps } = this.#parts[part];
    const cotangentsFed = await this.#summed(cotangents.map((ones) => this.#fed('cotangent', ones)));
    const feeds = { ...this.#weights, ...held, ...cotangentsFed };
    const run: OrtTensors = backward ? await backward.run(chosen(feeds, backward.inputNames)) : held;
    const results = steps.length ? await withSteps(run, steps, this.#kept.memory) : run;
    this.#done(fed, cotangentsFed);
    const gradients = arrays(portsOfKind('weightGradient', results));
    const backwardPass = ++this.#count;
    this.#backwards.set(backwardPass, { gradients, updates: arrays(portsOfKind('update', held)) });
    return { pass: backwardPass, ports: await this.#sent('inputGradient', results, keep) };
  }

  weightGradients(pass: number): NamedArrays {
    return this.#backwards.get(pass)!.gradients;
  }

  /** @returns the norm of the gradients, if they are clipped */
  apply(passes: readonly number[], learningRate: number): number | undefined {
    const changes = passes.map((pass) => this.#backwards.get(pass)!);
    for (const pass of passes) this.#backwards.delete(pass);
    return this.#state.step(changes, learningRate);
  }

  release(pass: number): void {
    this.#done(this.#forwards.get(pass)?.fed ?? {});
    this.#forwards.delete(pass);
    this.#backwards.delete(pass);
  }

  snapshot(): Snapshot {
    return this.#state.snapshot();
  }

  async dispose(): Promise<void> {
    for (const { backward, forward } of Object.values(this.#parts)) {
      await forward.release();
      await backward?.release();
    }
  }

  /** The tensors that a pass takes, in use until `done`. */
  #fed(kind: 'input' | 'cotangent', ports: Ports): OrtTensors {
    const fed = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [partPorts[kind](name), this.#kept.feed(port)]),
    );
    for (const tensor of Object.values(fed)) this.#kept.memory.use(tensor);
    return fed;
  }

  /** Tensors of the same name added, in use in place of all these. */
  async #summed([first, ...more]: readonly OrtTensors[]): Promise<OrtTensors> {
    const sums: Record<string, ort.Tensor> = { ...first };
    for (const tensors of more) {
      for (const [name, tensor] of Object.entries(tensors)) {
        const sum = this.#kept.memory.tensor(tensor.dims);
        const [a, b] = (await Promise.all([sums[name].getData(), tensor.getData()])) as [Float32Array, Float32Array];
        for (let i = 0; i < a.length; i++) sum.data[i] = a[i] + b[i];
        this.#kept.memory.use(sum);
        this.#done({ [name]: sums[name] }, { [name]: tensor });
        sums[name] = sum;
      }
    }
    return sums;
  }

  #done(...all: readonly OrtTensors[]): void {
    for (const fed of all) for (const tensor of Object.values(fed)) this.#kept.memory.done(tensor);
  }

  async #sent(kind: 'output' | 'inputGradient', results: OrtTensors, keep: readonly string[]): Promise<Ports> {
    const entries = Object.entries(portsOfKind(kind, results)).map(
      async ([name, tensor]) => [name, await this.#kept.result(tensor, keep.includes(name))] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
}

/** The tensors that a session takes, out of all that there are. */
const chosen = (tensors: OrtTensors, names: readonly string[]): OrtTensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]]));

const arrays = (tensors: OrtTensors): NamedArrays =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]));

/** The results of a graph after the host's steps: each step replaces its inputs by its output. */
async function withSteps(
  results: OrtTensors,
  steps: readonly RoiAlignGradientStep[],
  memory: ReusedMemory,
): Promise<OrtTensors> {
  const all: Record<string, ort.Tensor> = { ...results };
  for (const { attributes, channelsLast, inputs, output } of steps) {
    const [dy, regions, shape] = await Promise.all(inputs.map((name) => results[name].getData()));
    const [n, c, h, w] = Array.from(shape as BigInt64Array, Number);
    const gradient = memory.tensor(channelsLast ? [n, h, w, c] : [n, c, h, w]);
    roiAlignGradientOfMaps(
      dy as Float32Array,
      regions as Float32Array,
      { images: n, channels: c, height: h, width: w },
      attributes,
      channelsLast,
      gradient.data,
    );
    for (const name of inputs) delete all[name];
    all[output] = gradient;
  }
  return all;
}
