import type { GraphPass } from './graph-passes/graph-pass.ts';
import type { HostTensor } from './host-tensor.ts';
import type { OptimizerSettings } from './optimizers/create-optimizer.ts';
import type { NamedArrays } from './optimizers/optimizer.ts';
import type { Quantization } from './quantization/quantization.ts';

/** A tensor of `@tensorflow/tfjs-core`. Declared here because tfjs's own types differ between versions. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly rank: number;
  /** The number of elements. */
  readonly size: number;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Weights as a checkpoint stores them: PyTorch's names, PyTorch's layout (convolution filters are OIHW). */
export type Weights = Readonly<Record<string, HostTensor>>;

/** A fixed dimension (`3`), or a dynamic one by name (`'H'`). */
export type Dim = number | string;

/** An input of a program. */
export interface InputSpec {
  readonly shape: readonly Dim[];
  readonly dtype?: 'float32' | 'int32';
  /** The input is another program's `kept` (device-resident) output, in the engine's own layout. */
  readonly kept?: boolean;
}

/** A model that an engine compiles: its function, weights and inputs. */
export interface ProgramSpec {
  /** Names the program in errors. */
  readonly name: string;
  /**
   * A pure function from named parameters and named inputs to named outputs, written in tfjs ops. It does not know
   * which engine runs it. Feature maps are NHWC and convolution filters HWIO, as in tfjs. Its parameters may be
   * declared as tfjs tensors: that is why it is a method.
   */
  model(parameters: NamedTensors, inputs: NamedTensors): NamedTensors;
  readonly weights: Weights;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Device-resident outputs: they only feed another program of the same engine, and stay in the engine's layout. */
  readonly kept?: readonly string[];
  /** Which part of a model it is, such as `proposals`; absent where it is all of it. */
  readonly part?: string;
  /**
   * The compiled engine computes its layers in eight bits on the CPU; others compute in single precision, with the same
   * weights.
   */
  readonly quantization?: Quantization | undefined;
  /** Changes the compiled engine's graph, whose norms and biases are folded: it adds outputs for those who look inside. */
  readonly observe?: GraphPass;
}

/** A result of an engine, possibly on its device. */
export interface EngineTensor {
  readonly shape: readonly number[];
  /** Reads the values, row-major. Device-resident outputs cannot be read. */
  data(): Promise<Float32Array | Int32Array>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Inputs of a program by name, in memory or on the device of the engine. */
export type ProgramInputs = Readonly<Record<string, HostTensor | EngineTensor>>;
/** Outputs of a program by name, on the device of the engine. */
export type ProgramOutputs = Readonly<Record<string, EngineTensor>>;

/** A compiled model. One program serves every size of its dynamic dimensions. */
export interface Program {
  run(inputs: ProgramInputs): Promise<ProgramOutputs>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The result of a loss function. */
export interface LossResult {
  /** A scalar. */
  readonly loss: Tensor;
  /** Other outputs of a step, such as logits. */
  readonly outputs?: NamedTensors;
  /** New values, by name, of weights that follow the data without a gradient, such as a norm's running statistics. */
  readonly updates?: NamedTensors;
}

/** A loss, and the weights that are trained to make it small. */
export interface LossSpec {
  /** Names the loss in errors. */
  readonly name: string;
  /** The loss to minimize: a pure function of named parameters and named inputs, written in tfjs ops. */
  loss(parameters: NamedTensors, inputs: NamedTensors): LossResult;
  /** Initial weights. They are copied. */
  readonly weights: Weights;
  /** Names of the trained weights. The others stay, or change by the loss's `updates`. */
  readonly trainable: readonly string[];
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

/** How an engine trains. */
export interface TrainingOptions {
  readonly optimizer: OptimizerSettings;
  /** Clips gradients by their global norm. */
  readonly clipNorm?: number;
  /** Decay of an exponential moving average of the weights, such as .999. Without it there is no average. */
  readonly averageDecay?: number;
  /** Resumes from a snapshot of the same loss. */
  readonly from?: Snapshot;
}

/** What a step of training gives. */
export interface StepResult {
  /** If it is not finite, the step leaves the weights unchanged. */
  readonly loss: number;
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Before clipping; only with `clipNorm`. */
  readonly gradientNorm?: number;
}

/** A loss and its gradients at one batch. */
export interface Gradients {
  readonly loss: number;
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** For each trained weight, in PyTorch's layout. */
  readonly gradients: NamedArrays;
}

/** Everything a run needs to resume as if it had never stopped. */
export interface Snapshot {
  readonly weights: NamedArrays;
  /** The moving average of the weights, with `averageDecay`, after the first step. */
  readonly average?: NamedArrays;
  readonly optimizer: NamedArrays;
}

/** Inputs in this process's memory, by name. */
export type HostInputs = Readonly<Record<string, HostTensor>>;

/** A compiled loss with the weights that it trains. */
export interface TrainingProgram {
  /** Computes the loss and its gradients. The weights do not change. */
  gradients(inputs: HostInputs): Promise<Gradients>;
  /** Takes one optimizer step and applies the loss's `updates`. */
  step(inputs: HostInputs, learningRate: number): Promise<StepResult>;
  /** Copies the state after the steps so far. */
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The result of one part of a model in training. */
export interface PartResult {
  readonly outputs: NamedTensors;
  /** See `LossResult.updates`. */
  readonly updates?: NamedTensors;
}

/** A part of a model in training. Between parts the host reads values. */
export interface PartSpec {
  /** A pure function of named parameters and named inputs, written in tfjs ops. */
  model(parameters: NamedTensors, inputs: NamedTensors): PartResult;
  /** Dynamic dimensions must be multiples of the model's stride: compiled gradients of strided layers rely on it. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Inputs that need a gradient, usually outputs of other parts. */
  readonly inputGradients?: readonly string[];
  /** Outputs that only feed other parts of the program. They and their cotangents are device-resident. */
  readonly kept?: readonly string[];
  /** The scalar output that is the loss. Its cotangent is 1 and no other output has one, so both passes run as one. */
  readonly loss?: string;
}

/** A model in parts, and the weights that are trained. */
export interface PartsSpec<P extends string = string> {
  /** Names the model in errors. */
  readonly name: string;
  /** Initial weights of all parts. They are copied. */
  readonly weights: Weights;
  /** Names of the trained weights. */
  readonly trainable: readonly string[];
  readonly parts: Readonly<Record<P, PartSpec>>;
}

/** A finished forward pass of a part, ready for the backward pass. */
export interface ForwardPass {
  readonly outputs: ProgramOutputs;
  /**
   * Runs the backward pass, once, before the weights change. Frees the saved tensors.
   *
   * @param cotangents the gradient of the loss with respect to each output; none when an output is the loss
   * @param more further ones of some of the outputs, which are added
   */
  backward(cotangents?: ProgramInputs, ...more: readonly ProgramInputs[]): Promise<BackwardPass>;
  /** Frees the outputs and the tensors saved for `backward`. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** The result of a backward pass. Gradients of weights stay where the weights are. */
export interface BackwardPass {
  /** Gradients of the part's `inputGradients`. A device-resident input has a device-resident gradient. */
  readonly inputGradients: ProgramOutputs;
  /** Copies the gradients of the trained weights that the part uses, in PyTorch's layout. Not after `apply`. */
  weightGradients(): Promise<NamedArrays>;
  /** Frees the gradients. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A part of a model in training that is ready to run. */
export interface TrainedPart {
  forward(inputs: ProgramInputs): Promise<ForwardPass>;
}

/** A compiled model in parts with the weights that it trains. */
export interface PartsProgram<P extends string = string> {
  readonly parts: Readonly<Record<P, TrainedPart>>;
  /**
   * Takes one optimizer step with the sum of the passes' gradients, applies their `updates`, and frees the passes.
   * Weights without a gradient do not change.
   */
  apply(passes: readonly BackwardPass[], learningRate: number): Promise<Pick<StepResult, 'gradientNorm'>>;
  /** Copies the state after the steps so far. */
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What compiles and trains models: ONNX Runtime, or a backend of TensorFlow.js. */
export interface Engine {
  /** The requested engine, such as `onnx` or `wasm`. */
  readonly name: EngineName;
  /** The device that computes, such as `CPU, 2 threads`. */
  readonly device: string;
  /** How many computations run in parallel; further ones wait. */
  readonly streams: number;
  compile(spec: ProgramSpec): Promise<Program>;
  train(spec: LossSpec, options: TrainingOptions): Promise<TrainingProgram>;
  /** `train` for a model in parts: the host reads values between them, or computes the loss itself. */
  trainParts<P extends string>(spec: PartsSpec<P>, options: TrainingOptions): Promise<PartsProgram<P>>;
}

/** The engines, as `--engine` names them. */
export const engineNames = ['onnx', 'webgpu', 'cuda', 'tfjs-node-gpu', 'tfjs-node', 'wasm'] as const;
/** An engine, as `--engine` names it. */
export type EngineName = (typeof engineNames)[number];

/** Settings of `createEngine`. */
export interface EngineOptions {
  /** Total number of threads. Default: one per core. */
  readonly threads?: number;
  /**
   * How many computations run in parallel; they share the threads. Several streams raise throughput when many images
   * wait, one stream has the lowest latency. Each stream needs its own copy of the model. Default 1.
   */
  readonly streams?: number;
}
