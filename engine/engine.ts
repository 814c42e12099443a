import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor } from './host-tensor.ts';

/**
 * A model is a pure function of named parameters and named inputs to named outputs, written in tfjs ops. It does not
 * know which engine runs it. Feature maps are NHWC, convolution filters HWIO, as tfjs has them.
 */
export type ModelFunction = (parameters: Tensors, inputs: Tensors) => Tensors;

export type Tensors = Readonly<Record<string, Tensor>>;

/** Weights as a checkpoint stores them, under PyTorch's names and in its layout: four-dimensional filters are OIHW. */
export type Weights = Readonly<Record<string, HostTensor>>;

/** A size that is known (`3`) or one that differs from call to call, by name (`'H'`). */
export type Dim = number | string;

export interface InputSpec {
  readonly shape: readonly Dim[];
  readonly dtype?: 'float32' | 'int32';
  /** This input is another program's `kept` output, in the engine's own layout. */
  readonly kept?: boolean;
}

export interface ProgramSpec {
  /** Names the program in errors. */
  readonly name: string;
  readonly model: ModelFunction;
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
}

export type ProgramInputs = Readonly<Record<string, HostTensor | EngineTensor>>;
export type ProgramOutputs = Readonly<Record<string, EngineTensor>>;

/** A model made ready to run: one program serves every size of its named dims. */
export interface Program {
  run(inputs: ProgramInputs): Promise<ProgramOutputs>;
  dispose(): Promise<void>;
}

export interface Engine {
  /** What was asked for, such as `onnx` or `wasm`. */
  readonly name: EngineName;
  /** What really computes, such as `CPU, 2 threads`. */
  readonly device: string;
  /** How many computations run side by side; more in flight only wait. */
  readonly streams: number;
  compile(spec: ProgramSpec): Promise<Program>;
}

export const engineNames = ['onnx', 'webgpu', 'cuda', 'tfjs-node-gpu', 'tfjs-node', 'wasm'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  /** Threads in all; by default one a core. */
  readonly threads?: number;
  /**
   * How many computations run side by side, each with its part of the threads. More than one gets more images through
   * where many are waiting, one is fastest for a single image. Each takes the memory of the model. Default 1.
   */
  readonly streams?: number;
}
