/** Whether the elements of a tensor lie in row-major order without gaps. Strides count elements. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/**
 * Copies a strided view into row-major order.
 *
 * @param from the bytes of the view, starting at its first element
 * @param itemSize the bytes of an element
 */
export function gather(
  from: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  itemSize: 1 | 2 | 4 | 8,
): Uint8Array {
  const { buffer } = from;
  const count = shape.reduce((product, size) => product * size, 1);
  // Copied as integers: a copy as floats may change the bits of NaN.
  const rows = { shape, strides };
  if (itemSize === 1) return copied(new Uint8Array(buffer), new Uint8Array(count), rows);
  if (itemSize === 2) return copied(new Uint16Array(buffer), new Uint16Array(count), rows);
  if (itemSize === 4) return copied(new Uint32Array(buffer), new Uint32Array(count), rows);
  return copied(new BigUint64Array(buffer), new BigUint64Array(count), rows);
}

interface Words<T> {
  readonly buffer: ArrayBufferLike;
  readonly length: number;
  [index: number]: T;
}

function copied<T>(
  source: Words<T>,
  target: Words<T>,
  { shape, strides }: { readonly shape: readonly number[]; readonly strides: readonly number[] },
): Uint8Array {
  const inner = shape.length - 1;
  const [rowLength, step] = [shape[inner], strides[inner]];
  const index = shape.map(() => 0);
  let row = 0;
  for (let i = 0; i < target.length; ) {
    for (let k = 0, at = row; k < rowLength; k++, at += step) target[i++] = source[at];
    for (let axis = inner - 1; axis >= 0; axis--) {
      row += strides[axis];
      if (++index[axis] < shape[axis]) break;
      row -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return new Uint8Array(target.buffer);
}
