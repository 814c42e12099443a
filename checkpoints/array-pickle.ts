import { ResnetCocoError } from '../errors.ts';
import type { FileSlice } from '../io/pickle/file-slice.ts';
import { NumpyArray, NumpyWorld } from '../io/pickle/numpy-world.ts';
import { type Global, type PickleValue, readPickle } from '../io/pickle/pickle.ts';
import { findStateDict } from './state-dict.ts';
import {
  byteLength,
  type Contents,
  checkGrowth,
  ITEM_SIZES,
  type StoredDType,
  type StoredTensor,
} from './stored-tensor.ts';
import { gather } from './torch/strided.ts';

/** numpy's codes of element types. */
const DTYPES: Readonly<Record<string, StoredDType>> = {
  ...{ f8: 'F64', f4: 'F32', f2: 'F16' },
  ...{ i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8', u1: 'U8', b1: 'BOOL' },
};

const DICTIONARY = /^collections\.(OrderedDict|defaultdict)$/;
/** Single numbers beside the weights, such as an iteration; they are built as empty objects. */
const SCALAR = /^numpy\.(_core|core)\.multiarray\.scalar$/;

/** Its pickle's budget: the deepest ResNets' arrays need a tenth of it. */
const BUDGET = 400_000;

/** Numpy's arrays, and the dictionaries that hold them. */
class ArrayWorld extends NumpyWorld {
  override knows(name: string): boolean {
    return DICTIONARY.test(name) || SCALAR.test(name) || super.knows(name);
  }

  override call(global: Global, args: readonly PickleValue[]): PickleValue {
    if (SCALAR.test(global.name)) return {};
    if (!DICTIONARY.test(global.name)) return super.call(global, args);
    const pairs = global.name.endsWith('OrderedDict') && Array.isArray(args[0]) ? args[0] : [];
    return new Map(pairs as readonly [PickleValue, PickleValue][]);
  }

  override refusal(name: string, file: string): ResnetCocoError {
    const problem = `its pickle asks for '${name}', which is neither plain data nor an array of numpy's`;
    return new ResnetCocoError(
      'UNSAFE_CHECKPOINT',
      `${file}: ${problem}; nothing was run. Save its arrays as safetensors instead`,
    );
  }
}

/**
 * Reads a pickle of numpy arrays by name, as Detectron2 and Caffe2 store weights, in any protocol, without running anything.
 *
 * @returns undefined for a pickle of something else
 * @throws ResnetCocoError UNSAFE_CHECKPOINT if it asks for anything but arrays; BAD_CHECKPOINT for an array that is damaged
 */
export function readArrayPickle(file: FileSlice): Contents | undefined {
  const { value } = readPickle(file, 0, new ArrayWorld(), BUDGET);
  const dict = findStateDict(value, (entry) => entry instanceof NumpyArray);
  // PaddlePaddle's are told by this entry.
  if (!dict || (value as ReadonlyMap<PickleValue, PickleValue>).has('StructuredToParameterName@@')) return undefined;
  const tensors = new Map<string, StoredTensor>();
  let total = 0;
  for (const [name, array] of dict.tensors) {
    const tensor = storedArray(name, array, file.file);
    tensors.set(name, tensor);
    total += byteLength(tensor.dtype, tensor.shape)!;
    checkGrowth(file, total);
  }
  return { tensors, metadata: {}, beside: dict.beside, entries: dict.entries };
}

function storedArray(name: string, array: NumpyArray, file: string): StoredTensor {
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_CHECKPOINT', `${file}: '${name}' ${problem}`);
  };
  const code = array.dtype.replace(/^[<|=]/, '');
  const dtype = Object.hasOwn(DTYPES, code)
    ? DTYPES[code]
    : bad(`has the type ${array.dtype.slice(0, 20)}, which no weights have`);
  const length = byteLength(dtype, array.shape);
  if (length === undefined) return bad('has an impossible shape');
  if (array.storedBytes !== undefined && array.storedBytes !== length) {
    return bad(`has ${array.storedBytes} bytes where its shape needs ${length}`);
  }
  const shape = array.shape as readonly number[];
  return {
    dtype,
    shape,
    bytes() {
      // In memory of their own, as `gather` and views of words need.
      const bytes = new Uint8Array(array.bytes());
      if (bytes.length !== length) bad(`has ${bytes.length} bytes where its shape needs ${length}`);
      if (!array.fortran || shape.length < 2 || !length) return bytes;
      const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
      return gather(bytes, shape, strides, ITEM_SIZES[dtype]);
    },
  };
}
