import { byteLength, type StoredTensor } from '../stored-tensor.ts';
import { toFloat32 } from '../to-float32.ts';

/** Whole numbers from `from` up to `to`, which is not among them. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Stands for a row of zeros. */
export const ZEROS = -1;

/** The given rows of a tensor, along its first axis, in this order; the tensor itself if it lacks one of them. */
export function withRows(tensor: StoredTensor, rows: readonly number[]): StoredTensor {
  const { dtype, shape } = tensor;
  // Its shape is wrong then, which is said where shapes are checked.
  if (!shape.length || rows.some((row) => row >= shape[0])) return tensor;
  const rest = shape.slice(1);
  const length = byteLength(dtype, rest) ?? 0;
  return {
    dtype,
    shape: [rows.length, ...rest],
    bytes() {
      const from = tensor.bytes();
      const bytes = new Uint8Array(rows.length * length);
      rows.forEach((row, i) => {
        if (row !== ZEROS) bytes.set(from.subarray(row * length, (row + 1) * length), i * length);
      });
      return bytes;
    },
  };
}

/** Rows of `size` numbers each, such as the four deltas of a class. */
export const rowsOfSize = (rows: readonly number[], size: number): number[] =>
  rows.flatMap((row) => range(0, size).map((i) => (row === ZEROS ? ZEROS : row * size + i)));

/** A filter `[O, 3, H, W]` of blue, green and red as one of red, green and blue, or the other way round; the tensor itself if it has another shape. */
export function withChannelsReversed(tensor: StoredTensor): StoredTensor {
  const { dtype, shape } = tensor;
  const [filters, channels] = shape;
  if (shape.length !== 4 || channels !== 3) return tensor;
  const length = byteLength(dtype, shape.slice(2)) ?? 0;
  return {
    dtype,
    shape,
    bytes() {
      const from = tensor.bytes();
      const bytes = new Uint8Array(from.length);
      for (let plane = 0; plane < filters * channels; plane++) {
        const channel = plane % channels;
        const other = plane - channel + (channels - 1 - channel);
        bytes.set(from.subarray(plane * length, (plane + 1) * length), other * length);
      }
      return bytes;
    },
  };
}

/** A vector of which some numbers are given, in single precision. */
export function withValues(tensor: StoredTensor, places: readonly number[], value: number): StoredTensor {
  return singles(tensor.shape, () => {
    const floats = toFloat32(tensor);
    for (const place of places) floats[place] = value;
    return floats;
  });
}

/** A vector of one number. */
export const filledWith = (length: number, value: number): StoredTensor =>
  singles([length], () => new Float32Array(length).fill(value));

/** A tensor in single precision that is computed when it is read. */
export const singles = (shape: readonly number[], floats: () => Float32Array): StoredTensor => ({
  dtype: 'F32',
  shape,
  bytes: () => new Uint8Array(floats().buffer),
});

/** Edits a layer's weight and its bias. */
export function editLayer(
  tensors: Map<string, StoredTensor>,
  layer: string,
  change: (tensor: StoredTensor, part: 'weight' | 'bias') => StoredTensor,
): void {
  for (const part of ['weight', 'bias'] as const) {
    const tensor = tensors.get(`${layer}.${part}`);
    if (tensor) tensors.set(`${layer}.${part}`, change(tensor, part));
  }
}
