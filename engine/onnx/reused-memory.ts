import * as ort from 'onnxruntime-node';

/**
 * Memory of large tensors that every step makes anew. Allocating fresh pages costs more than writing them, so a tensor
 * that nobody uses any more leaves its memory to the next one.
 */
export class ReusedMemory {
  readonly #free: Float32Array[] = [];
  readonly #uses = new Map<ort.Tensor, number>();

  /** A tensor without uses yet. Its values are undefined until they are written. */
  tensor(shape: readonly number[]): ort.Tensor & { readonly data: Float32Array } {
    const size = shape.reduce((product, side) => product * side, 1);
    const fits = this.#free.findIndex(({ length }) => length >= size);
    // If no memory is large enough, one is dropped: images differ in size, and the largest memory serves them all.
    const [old] = this.#free.splice(Math.max(fits, 0), 1);
    const memory = old?.length >= size ? old : new Float32Array(size);
    const tensor = new ort.Tensor('float32', memory.subarray(0, size), shape);
    this.#uses.set(tensor, 0);
    return tensor as ort.Tensor & { readonly data: Float32Array };
  }

  /** Counts a use. Does nothing for tensors of other memory. */
  use(tensor: ort.Tensor): void {
    const uses = this.#uses.get(tensor);
    if (uses !== undefined) this.#uses.set(tensor, uses + 1);
  }

  /** Ends a use. */
  done(tensor: ort.Tensor): void {
    const uses = this.#uses.get(tensor);
    if (uses === undefined) return;
    if (uses > 1) {
      this.#uses.set(tensor, uses - 1);
      return;
    }
    this.#uses.delete(tensor);
    this.#free.push(new Float32Array((tensor.data as Float32Array).buffer));
  }

  /** Copies the values and, if the tensor has no uses, frees it. Undefined for tensors of other memory. */
  takeOut(tensor: ort.Tensor): Float32Array | undefined {
    if (!this.#uses.has(tensor)) return undefined;
    const copy = (tensor.data as Float32Array).slice();
    this.use(tensor);
    this.done(tensor);
    return copy;
  }
}
