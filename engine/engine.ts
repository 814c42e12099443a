import type { HostTensor } from './host-tensor.ts';
import type { OptimiserSettings } from './optimisers/create-optimiser.ts';
import type { NamedArrays } from './optimisers/optimiser.ts';

/** What a model computes with: a tensor of `@tensorflow/tfjs-core`, whose own types differ from version to version. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly rank: number;
  /** The number of elements. */
  readonly size: number;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/**
 * A model is a pure function of named parameters and named inputs to named outputs, written in tfjs ops. It does not
 * know which engine runs it. Feature maps are NHWC, convolution filters HWIO, as tfjs has them. Its parameters may be
 * declared as tfjs's tensors, which they are.
 */
export type ModelFunction = ProgramSpec['model'];

/** Weights as a checkpoint stores them, under PyTorch's names and in its layout: four-dimensional filters are OIHW. */
export type Weights = Readonly<Record<string, HostTensor>>;

/** A size that is known (`3`) or one that differs from call to call, by name (`'H'`). */
export type Dim = number | string;

/** An input of a program. */
export interface InputSpec {
  readonly shape: readonly Dim[];
  readonly dtype?: 'float32' | 'int32';
  /** This input is another program's `kept` output, in the engine's own layout. */
  readonly kept?: boolean;
}

/** A model that an engine compiles: its function, weights and inputs. */
export interface ProgramSpec {
  /** Names the program in errors. */
  readonly name: string;
  /** See `ModelFunction`. A method, so that it may be declared with tfjs's own types. */
  model(parameters: NamedTensors, inputs: NamedTensors): NamedTensors;
  readonly weights: Weights;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Outputs that only feed another program of the same engine: they stay on its device, in its own layout. */
  readonly kept?: readonly string[];
}

/** A result on an engine's device. */
export interface EngineTensor {
  readonly shape: readonly number[];
  /** Reads the numbers back, row-major. Not for `kept` outputs. */
  data(): Promise<Float32Array | Int32Array>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Inputs of a program by name, in memory or on the device of the engine. */
export type ProgramInputs = Readonly<Record<string, HostTensor | EngineTensor>>;
/** Outputs of a program by name, on the device of the engine. */
export type ProgramOutputs = Readonly<Record<string, EngineTensor>>;

/** A model made ready to run: one program serves every size of its named dims. */
export interface Program {
  run(inputs: ProgramInputs): Promise<ProgramOutputs>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a loss function gives. */
export interface LossResult {
  /** A scalar. */
  readonly loss: Tensor;
  /** What else is wanted of a step, such as logits. */
  readonly outputs?: NamedTensors;
  /** New values of weights that are not trained but follow the data, such as a norm's running statistics, by name. */
  readonly updates?: NamedTensors;
}

/** A loss to be made small: a pure function of named parameters and named inputs, written in tfjs ops. */
export type LossFunction = LossSpec['loss'];

/** A loss, and the weights that are trained to make it small. */
export interface LossSpec {
  /** Names the loss in errors. */
  readonly name: string;
  loss(parameters: NamedTensors, inputs: NamedTensors): LossResult;
  /** Weights at the start; they are copied. */
  readonly weights: Weights;
  /** Names of the weights that are trained; the others stay, or are `updates` of the loss. */
  readonly trainable: readonly string[];
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

/** How an engine trains. */
export interface TrainingOptions {
  readonly optimiser: OptimiserSettings;
  /** Gradients are scaled together so that their norm is at most this. */
  readonly clipNorm?: number;
  /** Keeps an exponential moving average of the weights beside them, of this decay, such as .999. */
  readonly averageDecay?: number;
  /** Goes on where a snapshot of the same loss was taken. */
  readonly from?: Snapshot;
}

/** What a step of training gives. */
export interface StepResult {
  /** Where it is not finite, the weights are as before the step. */
  readonly loss: number;
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Before clipping; only with `clipNorm`. */
  readonly gradientNorm?: number;
}

/** A loss and its gradients at one batch. */
export interface Gradients {
  readonly loss: number;
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Of each trained weight, in PyTorch's layout. */
  readonly gradients: NamedArrays;
}

/** All that a run needs to go on as if it had never stopped. */
export interface Snapshot {
  readonly weights: NamedArrays;
  /** Of the weights, where one is kept, from the first step on. */
  readonly average?: NamedArrays;
  readonly optimiser: NamedArrays;
}

/** Inputs in this process's memory, by name. */
export type HostInputs = Readonly<Record<string, HostTensor>>;

/** A loss made ready to be minimised. It holds the weights. */
export interface TrainingProgram {
  /** The loss and its gradients; the weights stay as they are. */
  gradients(inputs: HostInputs): Promise<Gradients>;
  /** One step of the optimiser, and of the weights that follow the data. */
  step(inputs: HostInputs, learningRate: number): Promise<StepResult>;
  /** Copies, as they are after the steps so far. */
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What one part of a model in training gives. */
export interface PartResult {
  readonly outputs: NamedTensors;
  /** As of a loss. */
  readonly updates?: NamedTensors;
}

/** A part of a model in training: a pure function of named parameters and named inputs. */
export type PartFunction = PartSpec['model'];

/** A part of a model in training, where between parts the host looks at values. */
export interface PartSpec {
  model(parameters: NamedTensors, inputs: NamedTensors): PartResult;
  /** Named sizes are to be multiples of the model's stride: compiled gradients of strided layers count on it. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Inputs whose gradients are wanted too: most often other parts' outputs. */
  readonly inputGradients?: readonly string[];
  /** Outputs that only feed other parts of the program: they and their cotangents stay on its device, as `kept` ones do. */
  readonly kept?: readonly string[];
  /** The output, a scalar, that is a loss: only it has a cotangent, 1, so that both passes are made one. */
  readonly loss?: string;
}

/** A model in parts, and the weights that are trained. */
export interface PartsSpec<P extends string = string> {
  /** Names the model in errors. */
  readonly name: string;
  /** Weights at the start, of all parts; they are copied. */
  readonly weights: Weights;
  /** Names of the weights that are trained. */
  readonly trainable: readonly string[];
  readonly parts: Readonly<Record<P, PartSpec>>;
}

/** A part that has run forward, and waits for the gradients by its outputs. */
export interface ForwardPass {
  readonly outputs: ProgramOutputs;
  /**
   * Once, and before the weights change; it frees what was held for it.
   *
   * @param cotangents the gradient of the loss by each output (none where an output is the loss)
   */
  backward(cotangents?: ProgramInputs): Promise<BackwardPass>;
  /** Frees the outputs, and what is held for `backward`. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What a part gives backward. Gradients by weights stay where the weights are. */
export interface BackwardPass {
  /** Of the part's `inputGradients`. A `kept` input has a kept gradient. */
  readonly inputGradients: ProgramOutputs;
  /** Copies of the gradients by those trained weights that the part uses, in PyTorch's layout; not after `apply`. */
  weightGradients(): Promise<NamedArrays>;
  /** Frees the gradients. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A part of a model in training that is ready to run. */
export interface TrainedPart {
  forward(inputs: ProgramInputs): Promise<ForwardPass>;
}

/** A model in parts made ready to be trained. It holds the weights. */
export interface PartsProgram<P extends string = string> {
  readonly parts: Readonly<Record<P, TrainedPart>>;
  /**
   * One step of the optimiser by the sum of the passes' gradients, which it uses up, and of the weights that follow the
   * data. Weights that no pass has a gradient for stay as they are.
   */
  apply(passes: readonly BackwardPass[], learningRate: number): Promise<Pick<StepResult, 'gradientNorm'>>;
  /** Copies, as they are after the steps so far. */
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What compiles and trains models: ONNX Runtime, or a backend of TensorFlow.js. */
export interface Engine {
  /** What was asked for, such as `onnx` or `wasm`. */
  readonly name: EngineName;
  /** What really computes, such as `CPU, 2 threads`. */
  readonly device: string;
  /** How many computations run side by side; more in flight only wait. */
  readonly streams: number;
  compile(spec: ProgramSpec): Promise<Program>;
  train(spec: LossSpec, options: TrainingOptions): Promise<TrainingProgram>;
  /** `train` for a model that is cut where the host must look at values, and for losses that the host works out. */
  trainParts<P extends string>(spec: PartsSpec<P>, options: TrainingOptions): Promise<PartsProgram<P>>;
}

/** The engines, as `--engine` names them. */
export const engineNames = ['onnx', 'webgpu', 'cuda', 'tfjs-node-gpu', 'tfjs-node', 'wasm'] as const;
/** An engine, as `--engine` names it. */
export type EngineName = (typeof engineNames)[number];

/** Settings of `createEngine`. */
export interface EngineOptions {
  /** Threads in all; by default one a core. */
  readonly threads?: number;
  /**
   * How many computations run side by side, each with its part of the threads. More than one gets more images through
   * where many are waiting, one is fastest for a single image. Each takes the memory of the model. Default 1.
   */
  readonly streams?: number;
}
