import * as ort from 'onnxruntime-node';
import type { HostTensor } from '../host-tensor.ts';
import { ReusedMemory } from './reused-memory.ts';

/** A device-resident tensor: it stays in the thread of ONNX Runtime and is named by number. */
export interface KeptTensor {
  readonly kept: number;
  readonly shape: readonly number[];
}

/** Inputs or outputs of a graph, as they travel between threads. */
export type Ports = Readonly<Record<string, HostTensor | KeptTensor>>;

/** The device-resident tensors of this thread. */
export class KeptTensors {
  /** The memory of tensors that the host makes. */
  readonly memory = new ReusedMemory();
  readonly #tensors = new Map<number, ort.Tensor>();
  #count = 0;

  /** The tensor that a graph takes for an input. */
  feed(input: HostTensor | KeptTensor): ort.Tensor {
    if (!('kept' in input)) {
      return new ort.Tensor(input.data instanceof Float32Array ? 'float32' : 'int32', input.data, input.shape);
    }
    const tensor = this.#tensors.get(input.kept);
    if (!tensor) throw new Error('a device-resident (kept) tensor was used after dispose()');
    return tensor;
  }

  /** The answer to the other thread for an output. */
  async result(tensor: ort.Tensor, keep: boolean): Promise<HostTensor | KeptTensor> {
    if (!keep) {
      const data = this.memory.takeOut(tensor) ?? ((await tensor.getData()) as Float32Array | Int32Array);
      return { shape: tensor.dims, data };
    }
    this.memory.use(tensor);
    this.#tensors.set(++this.#count, tensor);
    return { kept: this.#count, shape: tensor.dims };
  }

  /** Releases a tensor. A pass that uses it still holds it. */
  release(kept: number): void {
    const tensor = this.#tensors.get(kept);
    this.#tensors.delete(kept);
    if (tensor) this.memory.done(tensor);
  }
}
