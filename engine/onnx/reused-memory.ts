import * as ort from 'onnxruntime-node';

/**
 * Memory of large tensors that every step makes anew. The pages of fresh memory cost more than what is written there, so
 * a tensor without uses leaves its memory to the next.
 */
export class ReusedMemory {
  private readonly free: Float32Array[] = [];
  private readonly uses = new Map<ort.Tensor, number>();

  /** A tensor without uses yet, whose numbers are to be written. */
  tensor(shape: readonly number[]): ort.Tensor & { readonly data: Float32Array } {
    const size = shape.reduce((product, side) => product * side, 1);
    const fits = this.free.findIndex(({ length }) => length >= size);
    // One that is too small goes: pictures differ in size, and the largest serves them all.
    const [old] = this.free.splice(Math.max(fits, 0), 1);
    const memory = old?.length >= size ? old : new Float32Array(size);
    const tensor = new ort.Tensor('float32', memory.subarray(0, size), shape);
    this.uses.set(tensor, 0);
    return tensor as ort.Tensor & { readonly data: Float32Array };
  }

  /** Counts a use; tensors of other memory need none. */
  use(tensor: ort.Tensor): void {
    const uses = this.uses.get(tensor);
    if (uses !== undefined) this.uses.set(tensor, uses + 1);
  }

  /** Ends a use. */
  done(tensor: ort.Tensor): void {
    const uses = this.uses.get(tensor);
    if (uses === undefined) return;
    if (uses > 1) {
      this.uses.set(tensor, uses - 1);
      return;
    }
    this.uses.delete(tensor);
    this.free.push(new Float32Array((tensor.data as Float32Array).buffer));
  }

  /** A copy of the numbers, which ends a tensor without uses; nothing for tensors of other memory. */
  takeOut(tensor: ort.Tensor): Float32Array | undefined {
    if (!this.uses.has(tensor)) return undefined;
    const copy = (tensor.data as Float32Array).slice();
    this.use(tensor);
    this.done(tensor);
    return copy;
  }
}
