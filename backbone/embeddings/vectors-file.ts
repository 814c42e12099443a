/**
 * Vectors in files: `.npy`, numpy's matrix of float32 with a row per image, beside a `.json` that lists the images; or
 * `.jsonl`, a line `{"file", "embedding"}` per image.
 */
import { createInterface } from 'node:readline';
import { ResnetCocoError } from '../../errors.ts';
import { NpyFile, readNpy } from '../../io/npy.ts';
import { checkArgument, pathArgument } from '../../io/options.ts';
import { openHandle, readBytes, unreadable } from '../../io/regular-file.ts';
import { shownValue } from '../../io/shown-value.ts';
import { WholeFile } from '../../io/whole-file.ts';
import { type Vectors, vectorsOf } from './vectors.ts';

const FORMATS = /\.(npy|jsonl)$/i;

const bad = (problem: string): ResnetCocoError => new ResnetCocoError('BAD_RESULTS', problem);

/** Whether a file's name is one of vectors. */
export const isVectorsName = (path: string): boolean => FORMATS.test(path);

/** The file beside `.npy` that names its model and lists its images. */
export const listBeside = (path: string): string => path.replace(/\.npy$/i, '.json');

/** The files that vectors under a name are written to. @throws ResnetCocoError USAGE for another extension */
export function vectorFiles(path: string): string[] {
  if (!isVectorsName(path)) {
    throw new ResnetCocoError('USAGE', `${path}: vectors are written as .npy (numpy) or .jsonl; name such a file`);
  }
  return /\.npy$/i.test(path) ? [path, listBeside(path)] : [path];
}

/** Vectors that are written as they come, whole or not at all. Every method throws `FILE_NOT_WRITABLE`. */
export interface VectorsWriter {
  push(file: string, embedding: Float32Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Begins a file of vectors.
 *
 * @param dimensions numbers of a vector
 * @param model the name of the model that makes them; only `.npy` stores it
 * @throws ResnetCocoError USAGE for a name that ends neither in `.npy` nor in `.jsonl`; FILE_NOT_WRITABLE
 */
export async function createVectors(path: string, dimensions: number, model?: string): Promise<VectorsWriter> {
  const [file, list] = vectorFiles(path);
  return list === undefined ? await createLines(file) : await createMatrix(file, list, dimensions, model);
}

async function createMatrix(
  path: string,
  list: string,
  dimensions: number,
  model: string | undefined,
): Promise<VectorsWriter> {
  const matrix = await NpyFile.create(path, dimensions);
  const files: string[] = [];
  let names: WholeFile;
  try {
    names = await WholeFile.create(list);
  } catch (error) {
    await matrix.discard();
    throw error;
  }
  return {
    async push(file, embedding) {
      await matrix.push(embedding);
      files.push(file);
    },
    async commit() {
      // All is on the disk before the first file has its name.
      await names.write(`${JSON.stringify({ model, dimensions, files }, null, 1)}\n`);
      await matrix.commit();
      await names.commit();
    },
    async discard() {
      await matrix.discard();
      await names.discard();
    },
  };
}

async function createLines(path: string): Promise<VectorsWriter> {
  const lines = await WholeFile.create(path);
  return {
    push: async (file, embedding) => lines.write(`${JSON.stringify({ file, embedding: shortest(embedding) })}\n`),
    commit: () => lines.commit(),
    discard: () => lines.discard(),
  };
}

/** Numbers of single precision in as many digits as tell them apart. */
export const shortest = (numbers: Float32Array): number[] =>
  Array.from(numbers, (number) => Number(number.toPrecision(9)));

/** Writes vectors to a `.npy` or `.jsonl` file, whole or not at all. Throws as `createVectors` does. */
export async function writeVectors(path: string | URL, vectors: Vectors): Promise<void> {
  const target = pathArgument('writeVectors', 'the file', path);
  checkArgument('writeVectors', 'the vectors', vectors, 'object');
  const { data, dimensions, files, model } = vectors;
  const writer = await createVectors(target, dimensions, model);
  try {
    for (const [i, file] of files.entries()) {
      await writer.push(file, data.subarray(i * dimensions, (i + 1) * dimensions));
    }
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/**
 * Reads vectors: a `.npy` file with its `.json` beside it, or a `.jsonl` file.
 *
 * @throws ResnetCocoError USAGE for another extension; FILE_NOT_FOUND when a file is missing; BAD_RESULTS for one that
 *   does not follow its format, with the line or the place
 */
export async function readVectors(path: string | URL): Promise<Vectors> {
  const [file, list] = vectorFiles(pathArgument('readVectors', 'the file', path));
  const vectors = list === undefined ? await readLines(file) : await readMatrix(file, list);
  const at = vectors.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return vectors;
  const image = vectors.files[Math.floor(at / vectors.dimensions)];
  throw bad(`${file}: the vector of ${image} has ${vectors.data[at]}, which is not a finite number; embed it again`);
}

async function readMatrix(path: string, list: string): Promise<Vectors> {
  const { columns, data, rows } = readNpy(path, 'BAD_RESULTS');
  let text: string;
  try {
    text = (await readBytes(list, { code: 'BAD_RESULTS' })).toString('utf8');
  } catch (error) {
    if (!(error instanceof ResnetCocoError && error.code === 'FILE_NOT_FOUND')) throw error;
    const needed = `${path} needs it: {"files": [the image of each row]}`;
    throw new ResnetCocoError(error.code, `${error.message}; ${needed}`, { cause: error });
  }
  const { files, model } = parseObject(text, list) as { readonly files?: unknown; readonly model?: unknown };
  if (!Array.isArray(files) || files.some((name) => typeof name !== 'string')) {
    throw bad(`${list}: files must be a list of names, is ${shownValue(files)}`);
  }
  if (files.length !== rows) throw bad(`${list}: files has ${files.length} names, but ${path} has ${rows} rows`);
  if (model !== undefined && typeof model !== 'string') {
    throw bad(`${list}: model must be a name, is ${shownValue(model)}`);
  }
  return { files, dimensions: columns, data, model };
}

async function readLines(path: string): Promise<Vectors> {
  const handle = await openHandle(path);
  const files: string[] = [];
  const embeddings: Float32Array[] = [];
  try {
    const lines = createInterface({ input: handle.createReadStream({ autoClose: false }), crlfDelay: Infinity });
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      const { embedding, file } = parseLine(line, `${path}:${number}`);
      const length = embeddings[0]?.length ?? embedding.length;
      if (embedding.length !== length) {
        throw bad(`${path}:${number}: embedding has ${embedding.length} numbers, those before it have ${length}`);
      }
      files.push(file);
      embeddings.push(embedding);
    }
  } catch (cause) {
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause);
  } finally {
    await handle.close();
  }
  return vectorsOf(files, embeddings);
}

function parseLine(line: string, place: string): { readonly file: string; readonly embedding: Float32Array } {
  const { embedding, file } = parseObject(line, place) as { readonly file?: unknown; readonly embedding?: unknown };
  if (typeof file !== 'string') throw bad(`${place}: file must be a name, is ${shownValue(file)}`);
  if (!Array.isArray(embedding) || !embedding.length || embedding.some((value) => typeof value !== 'number')) {
    throw bad(`${place}: embedding must be a list of numbers, is ${shownValue(embedding)}`);
  }
  return { file, embedding: Float32Array.from(embedding as number[]) };
}

function parseObject(text: string, place: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`${place}: not JSON: ${(cause as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw bad(`${place}: must be an object, is ${shownValue(value)}`);
}
