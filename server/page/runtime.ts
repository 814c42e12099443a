import type * as Ort from 'onnxruntime-web';
import type { EngineTensor, Program, ProgramInputs, ProgramOutputs } from '../../engine/engine.ts';
import { fetchBytes } from './ask.ts';

const FOLDER = '/runtime/';

/** ONNX Runtime in this browser: on WebGPU if available, else in WebAssembly. */
export interface Runtime {
  readonly device: string;
  /** Compiles a graph of the service. */
  compile(path: string): Promise<Program>;
}

async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
  return !!(await gpu?.requestAdapter().catch(() => undefined));
}

/** Serialises the runs: the runtime allows one at a time. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

let loading: Promise<Runtime> | undefined;

/** Loads the runtime, once. */
export function loadRuntime(): Promise<Runtime> {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Runtime> {
  const gpu = await hasGpu();
  const module: string = `${FOLDER}ort.${gpu ? 'webgpu' : 'wasm'}.min.mjs`;
  const ort: typeof Ort = await import(module);
  ort.env.wasm.wasmPaths = new URL(FOLDER, location.href).href;
  ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1;
  // The runtime writes its warnings to the console as errors, such as that shapes are computed on the CPU.
  const options = { executionProviders: gpu ? ['webgpu', 'wasm'] : ['wasm'], logSeverityLevel: 3 as const };
  return {
    device: gpu ? 'WebGPU' : `WebAssembly, ${ort.env.wasm.numThreads} threads`,
    compile: async (path) => {
      const bytes = await fetchBytes(path);
      const session = await inTurn(() => ort.InferenceSession.create(bytes, options));
      const dispose = () => session.release();
      return {
        run: async (inputs) => wrapped(await inTurn(() => session.run(tensors(ort, inputs)))),
        dispose,
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}

/** An output of a graph, which another graph can take as it is. */
class Output implements EngineTensor {
  readonly tensor: Ort.Tensor;

  constructor(tensor: Ort.Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  async data(): Promise<Float32Array> {
    return (await this.tensor.getData()) as Float32Array;
  }

  dispose(): void {
    this.tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const wrapped = (outputs: Ort.InferenceSession.OnnxValueMapType): ProgramOutputs =>
  Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, new Output(value as Ort.Tensor)]));

function tensors(ort: typeof Ort, inputs: ProgramInputs): Record<string, Ort.Tensor> {
  const entries = Object.entries(inputs).map(([name, input]) => {
    if (input instanceof Output) return [name, input.tensor];
    const { data, shape } = input as { readonly data: Float32Array; readonly shape: readonly number[] };
    return [name, new ort.Tensor('float32', data, shape)];
  });
  return Object.fromEntries(entries);
}
