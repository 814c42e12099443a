import { ResnetCocoError } from '../../errors.ts';
import { FileSlice } from './file-slice.ts';
import type { Global, PickleValue, PickleWorld } from './pickle.ts';

const RECONSTRUCT = /^numpy\.(_core|core)\.multiarray\._reconstruct$/;
const FROM_BUFFER = /^numpy\.(_core|core)\.numeric\._frombuffer$/;
const DTYPE = 'numpy.dtype';
/** Python 3 writes bytes in Python 2's protocols as a call of this, with a text of one letter per byte. */
const ENCODE = '_codecs.encode';
const BYTES = /^(builtins|__builtin__)\.(bytes|bytearray)$/;

/** Longer bytes stay in the file until needed. */
const SHORT = 256;

/** A long text of one letter per byte, still in the file: Python 3's bytes in a pickle of Python 2's protocols. */
class EncodedBytes {
  readonly part: FileSlice;

  constructor(part: FileSlice) {
    this.part = part;
  }

  read(): Uint8Array {
    return Buffer.from(Buffer.from(this.part.read()).toString('utf8'), 'latin1');
  }
}

/** Raw bytes: still in the file, or as text with one letter per byte. */
type RawBytes = FileSlice | EncodedBytes | string;

const isRaw = (value: PickleValue | undefined): value is RawBytes =>
  typeof value === 'string' || value instanceof FileSlice || value instanceof EncodedBytes;

class DType {
  readonly code: string;
  isBigEndian = false;

  constructor(code: string) {
    this.code = code;
  }
}

/** A numpy array, as a pickle describes it. */
export class NumpyArray {
  /** numpy's code of the element type, such as `u1` for bytes. */
  dtype = '';
  shape: readonly PickleValue[] = [];
  /** Whether elements are stored in column-major (Fortran) order. */
  fortran = false;
  #raw: RawBytes = '';

  set(shape: PickleValue, dtype: PickleValue, fortran: boolean, raw: PickleValue): void {
    if (dtype instanceof DType && dtype.code.startsWith('O')) throw new Error('an array of objects of Python');
    if (!Array.isArray(shape) || !(dtype instanceof DType) || !isRaw(raw))
      throw new Error('an array without its numbers');
    if (dtype.isBigEndian) throw new Error('an array of big-endian numbers');
    this.shape = shape;
    this.dtype = dtype.code;
    this.fortran = fortran;
    this.#raw = raw;
  }

  /** How many bytes the elements take; undefined where only reading them tells. */
  get storedBytes(): number | undefined {
    return this.#raw instanceof EncodedBytes ? undefined : this.#raw.length;
  }

  /** The elements as stored. */
  bytes(): Uint8Array {
    return typeof this.#raw === 'string' ? Buffer.from(this.#raw, 'latin1') : this.#raw.read();
  }
}

/**
 * Builds plain data and numpy arrays from pickles of any Python version. Text and bytes are one type, as in Python 2:
 * short ones become strings with one letter per byte, long ones a slice of the file.
 */
export class NumpyWorld implements PickleWorld {
  readonly python2Strings = 'bytes';

  knows(name: string): boolean {
    const isKnown = [RECONSTRUCT, FROM_BUFFER, BYTES].some((pattern) => pattern.test(name));
    return isKnown || name === DTYPE || name === ENCODE || name === 'numpy.ndarray';
  }

  call({ name }: Global, args: readonly PickleValue[]): PickleValue {
    if (RECONSTRUCT.test(name)) return new NumpyArray();
    if (FROM_BUFFER.test(name)) {
      const array = new NumpyArray();
      array.set(args[2] ?? null, args[1] ?? null, args[3] === 'F', args[0] ?? null);
      return array;
    }
    if (name === DTYPE && typeof args[0] === 'string') return new DType(args[0]);
    if (name === ENCODE || BYTES.test(name)) return isRaw(args[0]) ? args[0] : '';
    throw new Error(`a call of ${name}`);
  }

  /** An array's state is its version, shape, element type, order and bytes; an element type's second is the order of bytes. */
  build(object: PickleValue, state: PickleValue): void {
    if (object instanceof DType && Array.isArray(state)) object.isBigEndian = state[1] === '>';
    if (!(object instanceof NumpyArray)) return;
    if (!Array.isArray(state) || state.length !== 5) throw new Error('an array whose state is not known');
    const [, shape, dtype, fortran, raw] = state as PickleValue[];
    object.set(shape, dtype, fortran === true, raw);
  }

  persistent(): never {
    throw new Error('an object that is kept elsewhere');
  }

  longText(part: FileSlice): RawBytes {
    return new EncodedBytes(part);
  }

  bytes(part: FileSlice): RawBytes {
    return part.length <= SHORT ? Buffer.from(part.read()).toString('latin1') : part;
  }

  refusal(name: string, file: string): ResnetCocoError {
    const problem = `its pickle asks for '${name}', which is neither plain data nor an array of numpy's`;
    return new ResnetCocoError('BAD_DATASET', `${file}: ${problem}; nothing was run`);
  }
}
