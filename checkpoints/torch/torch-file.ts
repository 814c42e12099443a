import { ResnetCocoError } from '../../errors.ts';
import type { FileSlice } from '../../io/pickle/file-slice.ts';
import { type PickleValue, readPickle } from '../../io/pickle/pickle.ts';
import { readArrayPickle } from '../array-pickle.ts';
import { foreignArchive, foreignPickle, looksLikeArrays, shown } from '../foreign-formats.ts';
import { findStateDict } from '../state-dict.ts';
import { byteLength, type Contents, checkGrowth, ITEM_SIZES, type StoredTensor } from '../stored-tensor.ts';
import { tensorNamesInPickle } from './pickled-modules.ts';
import { storedTensor, TorchTensor, TorchWorld } from './torch-objects.ts';
import { readZip } from './zip.ts';

/** The older layout begins with a pickle that holds this magic number. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
/** The limit of work for the small pickles before the main one. */
const SMALL = 1000;
const BIG_ENDIAN = 'its numbers are big-endian; save it again on a little-endian machine';

/** Reads the zip layout (`torch.save` since 1.6): `data.pkl`, and a file for each storage. */
export async function readTorchZip(file: FileSlice): Promise<Contents> {
  const entries = await readZip(file);
  const pickleName = [...entries.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  const foreign = foreignArchive([...entries.keys()]);
  if (pickleName === undefined) return fail(file, foreign ?? "a zip archive, but not PyTorch's: it has no data.pkl");
  const folder = pickleName.slice(0, -'data.pkl'.length);
  if (foreign !== undefined && entries.has(`${folder}constants.pkl`)) return fail(file, foreign);
  const part = (name: string): FileSlice => {
    const found = entries.get(name);
    if (found) return found;
    throw new Error(
      entries.has(name) ? `'${name}' is compressed, which torch.save never does` : `'${name}' is missing`,
    );
  };
  const order = `${folder}byteorder`;
  if (entries.has(order) && Buffer.from(part(order).read()).toString() !== 'little') return fail(file, BIG_ENDIAN);
  const { value } = readRoot(part(pickleName), 0, new TorchWorld());
  return contents(file, value, (key) => part(`${folder}data/${key}`));
}

/** How many tensors an error names. */
const NAMED = 3;

/** Reads the pickle of the weights. If it is refused, the error says what it holds. */
function readRoot(file: FileSlice, start: number, world: TorchWorld): ReturnType<typeof readPickle> {
  try {
    return readPickle(file, start, world);
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    const names = tensorNamesInPickle(file, start, NAMED).map(shown);
    if (!names.length) throw error;
    throw new ResnetCocoError(error.code, `${error.message}. Its tensors: ${names.join(', ')} …`, { cause: error });
  }
}

/** The first pickle of the older layout; undefined if the first pickle is a different, larger or damaged one. */
function readMagic(file: FileSlice, world: TorchWorld): ReturnType<typeof readPickle> | undefined {
  try {
    return readPickle(file, 0, world, SMALL);
  } catch (error) {
    if (error instanceof ResnetCocoError) throw error;
    return undefined;
  }
}

/** Reads the older layout: five pickles, of which the last lists the storages that follow, each after its count. */
export function readLegacyTorchFile(file: FileSlice): Contents {
  const world = new TorchWorld();
  const magic = readMagic(file, world);
  if (magic?.value !== LEGACY_MAGIC) return readOtherPickle(file);
  const protocol = readPickle(file, magic.end, world, SMALL);
  if (protocol.value !== LEGACY_PROTOCOL) return fail(file, 'an older layout of an unknown version');
  const system = readPickle(file, protocol.end, world, SMALL);
  if (system.value instanceof Map && system.value.get('little_endian') === false) return fail(file, BIG_ENDIAN);
  const root = readRoot(file, system.end, world);
  const keys = readPickle(file, root.end, world);
  if (!Array.isArray(keys.value)) return fail(file, 'its list of storages is missing');

  const storages = new Map<string, FileSlice>();
  let position = keys.end;
  for (const key of keys.value as readonly PickleValue[]) {
    const dtype = typeof key === 'string' ? world.storages.get(key) : undefined;
    if (typeof key !== 'string' || dtype === undefined) return fail(file, 'it lists a storage that nothing uses');
    const itemSize = ITEM_SIZES[dtype];
    if (position + 8 > file.length) return fail(file, `it ends before storage ${key}`);
    const count = Number(new DataView(file.read(position, 8).buffer).getBigInt64(0, true));
    position += 8;
    if (count < 0 || count * itemSize > file.length - position) return fail(file, `it ends within storage ${key}`);
    storages.set(key, file.slice(position, count * itemSize));
    position += count * itemSize;
  }
  return contents(file, root.value, (key) => {
    const storage = storages.get(key);
    if (!storage) throw new Error(`storage ${key} is missing`);
    return storage;
  });
}

/** A pickle that torch.save did not write: of numpy arrays, or of something that is not read. */
function readOtherPickle(file: FileSlice): Contents {
  try {
    const contents = readArrayPickle(file);
    if (contents) return contents;
  } catch (error) {
    if (looksLikeArrays(file)) throw error;
  }
  return fail(file, foreignPickle(file));
}

function fail(file: FileSlice, problem: string): never {
  throw new ResnetCocoError('BAD_CHECKPOINT', `${file.file}: ${problem}`);
}

function contents(file: FileSlice, root: PickleValue, storageOf: (key: string) => FileSlice): Contents {
  const tensors = new Map<string, StoredTensor>();
  let total = 0;
  const dict = findStateDict(root, (value) => value instanceof TorchTensor);
  if (!dict)
    return fail(file, 'it holds no tensors by name, neither itself nor under keys such as state_dict or model');
  for (const [name, tensor] of dict.tensors) {
    const storage = storageOf(tensor.storage.key);
    const read = (start: number, length: number) => storage.read(start, length);
    tensors.set(name, storedTensor(name, tensor, storage.length, read));
    total += byteLength(tensor.dtype, tensor.shape)!;
    checkGrowth(file, total);
  }
  return { tensors, metadata: {}, beside: dict.beside, entries: dict.entries };
}
