import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import type { DType, Graph, Value } from './graph.ts';

/** A tfjs backend whose kernels compute nothing: each appends ONNX operators to the traced graph. */
const TRACE_BACKEND = 'resnet-coco-trace';

/** Translates one tfjs kernel to ONNX. */
export type TraceKernel<A = Record<string, unknown>> = (
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
  attributes: A,
) => Value;

let current: Graph | undefined;

function graphInTrace(): Graph {
  if (!current) throw new Error('a traced tensor was used outside of its trace');
  return current;
}

class TraceBackend extends tf.KernelBackend {
  readonly #values = new WeakMap<object, Value>();
  #alive = 0;

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.hold(dataId, graphInTrace().constant(typedData(values, dtype), shape, dtypeOf(dtype)));
  }

  override readSync(): never {
    throw new ResnetCocoError(
      'UNSUPPORTED_OP',
      'a traced model reads the values of a tensor; what depends on data belongs between two programs',
    );
  }

  override read(): never {
    return this.readSync();
  }

  hold(dataId: object, value: Value): void {
    this.#alive++;
    this.#values.set(dataId, value);
  }

  lookUp(tensor: tf.TensorInfo): Value {
    const value = this.#values.get(tensor.dataId);
    if (!value) throw new Error(`tensor of shape [${tensor.shape}] was not made in this trace`);
    return value;
  }

  override disposeData(): boolean {
    this.#alive--;
    return true;
  }

  override numDataIds(): number {
    return this.#alive;
  }

  override incRef(): void {}
  decRef(): void {}
  override refCount(): number {
    return 1;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override epsilon(): number {
    return 1e-7;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override timerAvailable(): boolean {
    return false;
  }
}

const backend = new TraceBackend();
tf.registerBackend(TRACE_BACKEND, () => backend);

function dtypeOf(dtype: tf.DataType): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new ResnetCocoError('UNSUPPORTED_OP', `a traced model uses a tensor of type ${dtype}`);
}

function typedData(values: tf.BackendValues, dtype: tf.DataType): Float32Array | Int32Array | Uint8Array {
  const numbers = values as ArrayLike<number>;
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

/** `TraceKernel` for an operation with several results. */
export type TraceKernels<A = Record<string, unknown>> = (
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
  attributes: A,
) => readonly Value[];

/** Teaches the tracer one tfjs kernel. */
export const traceKernel = <A>(kernelName: string, kernel: TraceKernel<A>): void =>
  traceKernels<A>(kernelName, (graph, inputs, attributes) => [kernel(graph, inputs, attributes)]);

export function traceKernels<A>(kernelName: string, kernel: TraceKernels<A>): void {
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const values: Record<string, Value> = {};
      for (const [name, tensor] of Object.entries(inputs)) {
        if (tensor) values[name] = backend.lookUp(tensor as tf.TensorInfo);
      }
      const infos = kernel(graphInTrace(), values, attrs as A).map((result) => {
        const dataId = {};
        backend.hold(dataId, result);
        return { dataId, shape: [...result.shape], dtype: result.dtype as tf.DataType };
      });
      return infos.length === 1 ? infos[0] : infos;
    },
  });
}

/** The tfjs tensor that stands for a value of the traced graph. */
export function tensorOf(value: Value): tf.Tensor {
  const dataId = {};
  backend.hold(dataId, value);
  return tf.engine().makeTensorFromTensorInfo({
    dataId,
    shape: [...value.shape],
    dtype: value.dtype as tf.DataType,
  });
}

/** The value of the traced graph that a tfjs tensor stands for. */
export const valueFor = (tensor: tf.Tensor): Value => backend.lookUp(tensor);

/**
 * Runs `build` with tfjs in tracing mode, so that its operations append to `graph`. The mode is global to tfjs, but
 * `build` is synchronous, so no other code sees it.
 */
export function traceInto(name: string, graph: Graph, build: () => void): void {
  const before = tf.engine().backendName;
  current = graph;
  void tf.setBackend(TRACE_BACKEND);
  try {
    tf.tidy(build);
  } catch (error) {
    const unknown = /Kernel '(\w+)' not registered/.exec((error as Error).message);
    if (!unknown) throw error;
    throw new ResnetCocoError(
      'UNSUPPORTED_OP',
      `${name}: the compiled engine has no kernel '${unknown[1]}'; use another operation or an eager engine (wasm)`,
      { cause: error },
    );
  } finally {
    current = undefined;
    if (before) void tf.setBackend(before);
  }
}
