import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { FileSlice, OpenFile } from '../../../io/pickle/file-slice.ts';
import { NumpyArray, NumpyWorld } from '../../../io/pickle/numpy-world.ts';
import { type PickleValue, readPickle } from '../../../io/pickle/pickle.ts';
import { badDataset, type CifarLayout, cifarBatch, interleaved } from './cifar-batch.ts';
import { CIFAR_10, CIFAR_100, type CifarKind, PIXEL_BYTES } from './cifar-kind.ts';

/** Budget for a pickle of all images, whose bytes Python 3 may have written as text. */
const BUDGET = 8_000_000;

/** `cifar-10-python.tar.gz`: pickled dictionaries of labels and pixels. */
export const pythonLayout: CifarLayout = {
  name: 'python',
  kinds: [CIFAR_10, CIFAR_100],
  file: (batch) => batch,

  async read(kind, folder, split) {
    return kind.batches[split].map((batch) => {
      const file = join(folder, this.file(batch));
      return readDictionary(file, (dictionary) => batchOf(kind, file, dictionary));
    });
  },

  async classes(kind, folder) {
    const { meta, names } = kind.python;
    const file = join(folder, meta);
    if (!existsSync(file)) return undefined;
    return readDictionary(file, (dictionary) => {
      const list = dictionary.get(names);
      const isText = Array.isArray(list) && list.every((name): name is string => typeof name === 'string');
      if (!isText) throw badDataset(file, `its '${names}' is no list of names`);
      return list;
    });
  },
};

type Dictionary = ReadonlyMap<PickleValue, PickleValue>;

/** Calls `use` with a pickled dictionary; its long bytes can be read until it returns. */
function readDictionary<T>(path: string, use: (dictionary: Dictionary) => T): T {
  const file = new OpenFile(path, 'BAD_DATASET');
  try {
    const { value } = readPickle(new FileSlice(file), 0, new NumpyWorld(), BUDGET);
    if (!(value instanceof Map)) throw new Error('it holds no dictionary');
    return use(value);
  } catch (error) {
    if (error instanceof ResnetCocoError) throw error;
    throw badDataset(path, `no pickle that can be read: ${(error as Error).message}`, error);
  } finally {
    file.close();
  }
}

function batchOf(kind: CifarKind, file: string, dictionary: Dictionary) {
  const key = kind.python.labels;
  const labels = dictionary.get(key);
  if (!Array.isArray(labels)) throw badDataset(file, `it has no list of '${key}', which ${kind.title} has`);
  const data = dictionary.get('data');
  if (!(data instanceof NumpyArray)) throw badDataset(file, "it has no array 'data'");
  const { dtype, shape, fortran } = data;
  const [count, length, ...more] = shape;
  if (dtype !== 'u1' || fortran || length !== PIXEL_BYTES || more.length) {
    throw badDataset(file, `its 'data' is [${shape}] of ${dtype}; expected [images, ${PIXEL_BYTES}] of u1, row by row`);
  }
  if (count !== labels.length) throw badDataset(file, `it has ${count} images but ${labels.length} labels`);
  const bytes = data.bytes();
  if (bytes.length !== labels.length * PIXEL_BYTES) {
    throw badDataset(
      file,
      `its 'data' has ${bytes.length} bytes where ${count} images need ${labels.length * PIXEL_BYTES}`,
    );
  }
  return cifarBatch(kind, file, labels, (i) => interleaved(bytes.subarray(i * PIXEL_BYTES, (i + 1) * PIXEL_BYTES)));
}
