import { ResnetCocoError } from '../errors.ts';
import type { FileSlice } from '../io/pickle/file-slice.ts';
import type { PickleValue } from '../io/pickle/pickle.ts';

/** Element types that weight files hold, with the bytes each takes. */
export const ITEM_SIZES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;

export type StoredDType = keyof typeof ITEM_SIZES;

/** A tensor in a file. */
export interface StoredTensor {
  readonly dtype: StoredDType;
  /** The type in the file, if the bytes are converted when they are read. */
  readonly storedAs?: StoredDType;
  readonly shape: readonly number[];
  /** Reads the bytes, little-endian and row-major, into new memory. */
  bytes(): Uint8Array;
}

/** An array in memory as a tensor to be written. Its bytes are a view of the array. */
export const storedArray = (
  dtype: StoredDType,
  shape: readonly number[],
  { buffer, byteLength, byteOffset }: ArrayBufferView,
): StoredTensor => ({ dtype, shape, bytes: () => new Uint8Array(buffer, byteOffset, byteLength) });

/** The contents of a weight file. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** What a training script stored beside the weights, such as `optimizer (161 tensors)`. It is not read. */
  readonly beside: readonly string[];
  /** The entries of a pickle's outermost dictionary, unchecked: where a framework says more about a model. */
  readonly entries?: ReadonlyMap<string, PickleValue>;
}

/** Views may overlap, but a file whose tensors need this many times its size is made to exhaust memory. */
const MAX_GROWTH = 4;
const FREE_GROWTH = 2 ** 26;

/** @param total bytes of all tensors @throws ResnetCocoError BAD_CHECKPOINT */
export function checkGrowth(file: FileSlice, total: number): void {
  if (total <= MAX_GROWTH * file.length + FREE_GROWTH) return;
  throw new ResnetCocoError('BAD_CHECKPOINT', `${file.file}: its tensors would swell to ${total} bytes`);
}

/** The number of bytes of a tensor; undefined if a size is not an integer or too large. */
export function byteLength(dtype: StoredDType, shape: readonly unknown[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
  }
  const length = count * ITEM_SIZES[dtype];
  return Number.isSafeInteger(length) ? length : undefined;
}
