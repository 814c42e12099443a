import { ResnetCocoError } from '../../errors.ts';
import { Global, type PickleValue, type PickleWorld } from '../../io/pickle/pickle.ts';
import { byteLength, ITEM_SIZES, type StoredDType, type StoredTensor } from '../stored-tensor.ts';
import { gather, isContiguous } from './strided.ts';

/** torch's storage classes, each of one element type. */
const STORAGES: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const DTYPES: Readonly<Record<string, StoredDType>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

/** Functions whose results are kept. */
const REBUILD = /^torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|parameter|parameter_with_state)$/;
/** Classes of tensors. Older versions of torch call them with the tensor that they wrap. */
const TENSORS = /^torch\.(Tensor|_tensor\.Tensor|nn\.parameter\.(Parameter|Buffer)|autograd\.variable\.Variable)$/;
/**
 * Rebuilds a tensor with attributes. Arguments: a function, the tensor's class, the function's arguments, the
 * attributes.
 */
const REBUILD_SUBCLASS = 'torch._tensor._rebuild_from_type_v2';
const CONTAINERS =
  /^(collections\.(OrderedDict|defaultdict|Counter|deque)|torch\.Size|(builtins|__builtin__)\.(set|dict|list|tuple|frozenset|slice|complex|bytearray|int|float|str|bool|object))$/;
/** Numbers and settings that training scripts store beside the weights. They are built as empty objects. */
const INERT =
  /^(argparse\.Namespace|types\.SimpleNamespace|torch\.device|torch\.serialization\._get_layout|numpy\.(dtype|ndarray|(float|u?int)(16|32|64)|bool_?|dtypes\.\w+DType)|numpy\.(_core|core)\.multiarray\.(scalar|_reconstruct)|numpy\.(_core|core)\.numeric\._frombuffer|_codecs\.encode|datetime\.(datetime|date|time|timedelta|timezone)|pathlib\.((Pure)?(Posix|Windows|)Path|_local\.\w+Path)|uuid\.UUID|decimal\.Decimal|typing\.Any|torch\.torch_version\.TorchVersion|(mmengine\.logging\.history_buffer|mmengine\.logging\.message_hub|mmcv\.runner\.log_buffer)\.(HistoryBuffer|MessageHub|LogBuffer))$/;
/** Configurations of OpenMMLab, which are dictionaries. */
const CONFIGS = /^(mmengine\.config\.config|mmcv\.utils\.config|addict\.addict)\.(ConfigDict|Config|Dict)$/;
/** The same for Lightning and OmegaConf: settings as dictionaries, classes of callbacks. */
const INERT_PACKAGES = /^(lightning|pytorch_lightning|lightning_fabric|omegaconf)\.[\w.]+$/;

/** Frameworks whose checkpoints are objects of their own classes, by the modules that the pickle names. */
const FRAMEWORKS: readonly [module: RegExp, what: string][] = [
  [/^(ultralytics|models\.(yolo|common|experimental)|yolo\w*)\./, 'a YOLO of Ultralytics as a pickled object'],
  [/^(mmengine|mmcv|mmdet|mmcls|mmpretrain)\./, 'a checkpoint of OpenMMLab, such as MMDetection'],
  [/^(detectron2|fvcore|iopath)\./, 'a checkpoint of Detectron2'],
  [/^(fastai|fastcore)\./, 'a learner of fastai'],
  [/^(transformers|huggingface_hub)\./, "a model of Hugging Face's transformers"],
  [/^(paddle|sklearn|tensorflow|keras|jax|flax)\./, 'a model of another framework'],
  [
    /^(torchvision\.models|timm\.|torch\.nn\.modules|torch\.fx|__main__|__torch__)/,
    'a whole model, not its state dict',
  ],
];

/** The memory of a tensor: a storage, or a part of one, by its key. */
export interface Storage {
  readonly key: string;
  readonly dtype: StoredDType;
  /** The number of elements. */
  readonly length: number;
  /** The index of the first element in the whole storage. */
  readonly start: number;
}

/** A tensor as the pickle describes it: a strided view of a storage. */
export class TorchTensor {
  readonly storage: Storage;
  readonly dtype: StoredDType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: Storage,
    dtype: StoredDType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/**
 * The classes and functions that a state dict needs, and what they build. The state of objects, such as an
 * OrderedDict's attributes, is dropped.
 */
export class TorchWorld implements PickleWorld {
  readonly python2Strings = 'text';
  /** The element type of every storage that the pickle mentions, by key. */
  readonly storages = new Map<string, StoredDType>();

  knows(name: string): boolean {
    const isDType = name.startsWith('torch.') && Object.hasOwn(DTYPES, name.slice(6));
    const isKnown = [REBUILD, TENSORS, CONTAINERS, CONFIGS, INERT, INERT_PACKAGES].some((pattern) =>
      pattern.test(name),
    );
    return isKnown || name === REBUILD_SUBCLASS || isDType || storageType(name) !== undefined;
  }

  call({ name }: Global, args: readonly PickleValue[]): PickleValue {
    if (name === REBUILD_SUBCLASS) {
      const [rebuild, , given] = args;
      if (rebuild instanceof Global && REBUILD.test(rebuild.name) && Array.isArray(given))
        return this.call(rebuild, given);
      throw new Error('a tensor that an unknown function rebuilds');
    }
    if (TENSORS.test(name) || name.startsWith('torch._utils._rebuild_parameter')) return expectTensor(args[0]);
    if (REBUILD.test(name)) return rebuildTensor(args);
    if (name === 'collections.OrderedDict' || name.endsWith('.dict')) return dictionary(args[0] ?? []);
    if (name === 'collections.defaultdict' || name === 'collections.Counter') return new Map();
    if (name === 'collections.deque') return [];
    // A configuration that is no plain dictionary of settings is an empty one.
    if (CONFIGS.test(name)) return args[0] instanceof Map ? new Map(args[0]) : new Map();
    if (INERT_PACKAGES.test(name)) return new Map();
    if (name === 'torch.Size' || /\.(list|tuple)$/.test(name)) return args[0] ?? [];
    return {};
  }

  persistent(id: PickleValue): Storage {
    if (!Array.isArray(id) || id[0] !== 'storage') throw new Error('a persistent object that is not a storage');
    const [, type, key, , length, view] = id as PickleValue[];
    const dtype = type instanceof Global ? storageType(type.name) : undefined;
    if (dtype === undefined) throw new Error('a storage of an unknown type');
    if (typeof key !== 'string') throw new Error('a storage without a name');
    this.storages.set(key, dtype);
    // In the older layout a storage may be a part of another: its key, its start and its length.
    if (Array.isArray(view)) return { key, dtype, length: natural(view[2]), start: natural(view[1]) };
    return { key, dtype, length: natural(length), start: 0 };
  }

  /** No tensor is built from raw bytes, so they are dropped. */
  bytes(): Uint8Array {
    return new Uint8Array(0);
  }

  refusal(name: string, file: string): ResnetCocoError {
    const framework = FRAMEWORKS.find(([module]) => module.test(name));
    const looks = framework ? `looks like ${framework[1]}: ` : '';
    return new ResnetCocoError(
      'UNSAFE_CHECKPOINT',
      `${file}: ${looks}its pickle asks for '${name}', which is not part of a plain state dict; nothing was run. ` +
        'Save it again in Python with torch.save(model.state_dict(), FILE)',
    );
  }
}

function storageType(name: string): StoredDType | undefined {
  const match = /^torch\.(?:cuda\.|storage\.)?(\w+)$/.exec(name);
  if (!match) return undefined;
  return Object.hasOwn(STORAGES, match[1]) ? STORAGES[match[1]] : match[1] === 'UntypedStorage' ? 'U8' : undefined;
}

/** An OrderedDict is built from nothing or from a list of pairs. */
function dictionary(pairs: PickleValue): Map<PickleValue, PickleValue> {
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs)) throw new Error('a dictionary made of no pairs');
  return new Map(
    pairs.map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Error('a dictionary made of no pairs');
      return [pair[0], pair[1]] as const;
    }),
  );
}

function natural(value: PickleValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`a size of ${typeof value === 'number' || typeof value === 'bigint' ? value : typeof value}`);
  }
  return value;
}

function naturals(value: PickleValue | undefined): number[] {
  if (!Array.isArray(value) || value.length > 32) throw new Error('a shape that is not a list of sizes');
  return value.map(natural);
}

function expectTensor(value: PickleValue | undefined): TorchTensor {
  if (value instanceof TorchTensor) return value;
  throw new Error('a parameter that is not a tensor');
}

function rebuildTensor(args: readonly PickleValue[]): TorchTensor {
  const [storage, offset, shape, strides, , , type] = args;
  if (typeof storage !== 'object' || storage === null || !('key' in storage))
    throw new Error('a tensor without a storage');
  const given = type instanceof Global ? DTYPES[type.name.replace(/^torch\./, '')] : undefined;
  const { dtype } = storage as Storage;
  return new TorchTensor(storage as Storage, given ?? dtype, natural(offset), naturals(shape), naturals(strides));
}

/**
 * Copies the numbers of a tensor from its storage, contiguous.
 *
 * @param read returns bytes of a storage: its key, the position, the number of bytes
 * @throws Error if the tensor reaches beyond its storage
 */
export function storedTensor(
  name: string,
  tensor: TorchTensor,
  available: number,
  read: (start: number, length: number) => Uint8Array,
): StoredTensor {
  const { dtype, offset, shape, storage, strides } = tensor;
  const size = ITEM_SIZES[dtype];
  const length = byteLength(dtype, shape);
  if (length === undefined || strides.length !== shape.length) throw new Error(`'${name}' has an impossible shape`);
  const count = length / size;
  const last = count ? shape.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], offset) : offset - 1;
  const begin = storage.start * ITEM_SIZES[storage.dtype];
  const end = begin + (last + 1) * size;
  if (end > available || end > begin + storage.length * ITEM_SIZES[storage.dtype]) {
    throw new Error(`'${name}' reaches beyond its storage`);
  }
  return {
    dtype,
    shape,
    bytes() {
      if (!count) return new Uint8Array(0);
      const bytes = read(begin + offset * size, (last - offset + 1) * size);
      return isContiguous(shape, strides) ? bytes : gather(bytes, shape, strides, size);
    },
  };
}
