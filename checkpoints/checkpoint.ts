import { ResnetCocoError } from '../errors.ts';
import { FileSlice, OpenFile } from '../io/pickle/file-slice.ts';
import { isFolder } from '../io/regular-file.ts';
import { namesAside } from './aside.ts';
import { foreignFormat } from './foreign-formats.ts';
import { modelFolder } from './model-folder.ts';
import { oneOfSeveral } from './one-of-several.ts';
import { commonPrefix, withoutInnerWrappers } from './prefix.ts';
import { readSafetensors } from './safetensors.ts';
import { isIndex, readIndex } from './shards.ts';
import type { Contents, StoredTensor } from './stored-tensor.ts';
import { readLegacyTorchFile, readTorchZip } from './torch/torch-file.ts';

/** An open weight file: only names, types and shapes are in memory until a tensor is read. */
export interface Checkpoint extends Contents {
  readonly file: string;
  /** The files that hold its tensors: itself, or those that it lists. */
  readonly files: readonly string[];
  /** The prefix of all names in the file, such as `module.`. The names in `tensors` are without it. */
  readonly prefix: string;
  /** Whether it is one of several networks; `prefix` is of its names alone then, and `beside` says what is left out. */
  readonly isPart?: boolean;
  close(): void;
}

/**
 * Opens a weight file and recognizes its format by the content: safetensors, or PyTorch's `.pth`, `.pt`, `.th`, `.bin` in
 * the zip or the older layout. Of a folder, opens the weights in it; of an index, all files that it names. Never
 * executes anything in them.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, BAD_CHECKPOINT, or UNSAFE_CHECKPOINT for a pickle that asks for more than
 *   tensors; BAD_CONFIG for an index that is not JSON
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = isFolder(path) ? (await modelFolder(path)).weights : path;
  const opened = isIndex(file) ? await openShards(file) : await openFile(file);
  const bare = { ...opened, ...withoutPrefix(opened.tensors) };
  const one = oneOfSeveral(bare.tensors);
  if (!one) return bare;
  const { leftOut, prefix, tensors } = one;
  return { ...bare, tensors, prefix: bare.prefix + prefix, isPart: true, beside: [...leftOut, ...bare.beside] };
}

type OpenContents = Contents & Pick<Checkpoint, 'close' | 'file' | 'files'>;

async function openFile(file: string): Promise<OpenContents> {
  const source = new OpenFile(file, 'BAD_CHECKPOINT');
  try {
    return { file, files: [file], ...(await readContents(new FileSlice(source))), close: () => source.close() };
  } catch (error) {
    source.close();
    if (error instanceof ResnetCocoError) throw error;
    throw new ResnetCocoError('BAD_CHECKPOINT', `${file}: damaged: ${(error as Error).message}`, { cause: error });
  }
}

/** Opens the files that an index names, as one. */
async function openShards(index: string): Promise<OpenContents> {
  const paths = await readIndex(index);
  const shards = new Map<string, OpenContents>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    for (const path of new Set(paths.values())) shards.set(path, await openFile(path));
    const tensors = [...paths].map(([name, path]): [string, StoredTensor] => {
      const tensor = shards.get(path)!.tensors.get(name);
      if (tensor) return [name, tensor];
      throw new ResnetCocoError('BAD_CHECKPOINT', `${path}: lacks ${name}, which ${index} says is in it`);
    });
    const extra = [...shards.values()].reduce((sum, { tensors: { size } }) => sum + size, -tensors.length);
    const beside = extra ? [`tensors that the index does not list (${extra})`] : [];
    return { file: index, files: [...shards.keys()], tensors: new Map(tensors), metadata: {}, beside, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Strips the prefix that all names share; `aside` names do not count. */
function withoutPrefix(tensors: Contents['tensors']): Pick<Checkpoint, 'prefix' | 'tensors'> {
  const aside = namesAside(tensors);
  const prefix = commonPrefix([...tensors.keys()].filter((name) => !aside.has(name)));
  if (!prefix) return { prefix, tensors: withoutInnerWrappers(tensors) };
  const bare = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  return { prefix, tensors: withoutInnerWrappers(new Map([...tensors].map(([name, tensor]) => [bare(name), tensor]))) };
}

/** In a tar archive the magic follows the name, owner, size and time of the first file. */
const TAR_MAGIC = { at: 257, is: 'ustar' };

/** Text files that users mistake for weights, by their first characters. */
const STRANGERS: readonly [begins: RegExp, problem: string][] = [
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the weights themselves; run git lfs pull'],
  [/^\s*<(!doctype|html)/i, 'a web page, not a weight file; download it again'],
];

async function readContents(file: FileSlice): Promise<Contents> {
  const head = file.read(0, Math.min(64, file.length));
  const begins = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  const hasHeader = head.length > 9 && head[8] === 0x7b;
  // Checked first: the length of a safetensors header can look like the start of a pickle.
  if (hasHeader && new DataView(head.buffer).getBigUint64(0, true) <= file.length - 8) return readSafetensors(file);
  if (begins(0x50, 0x4b, 0x03, 0x04)) return readTorchZip(file);
  // The first opcode of a pickle: the protocol, or in the oldest pickles a name, a mark or a number.
  if (begins(0x80) || begins(0x63) || begins(0x28) || begins(0x4c) || begins(0x7d)) return readLegacyTorchFile(file);
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_CHECKPOINT', `${file.file}: ${problem}`);
  };
  if (begins(0x1f, 0x8b)) return bad('compressed with gzip; unpack it first: gunzip FILE');
  const text = Buffer.from(head).toString('latin1');
  for (const [beginning, problem] of STRANGERS) if (beginning.test(text)) return bad(problem);
  const foreign = foreignFormat(head, file.file);
  if (foreign !== undefined) return bad(foreign);
  if (head.length < 10) return bad(`not a weight file: it has ${head.length} bytes`);
  if (hasHeader) return readSafetensors(file);
  const isTar = file.length >= TAR_MAGIC.at + 5 && Buffer.from(file.read(TAR_MAGIC.at, 5)).toString() === TAR_MAGIC.is;
  if (isTar) return bad('a tar archive; unpack it first: tar xf FILE');
  return bad('not a weight file: neither safetensors nor a PyTorch checkpoint (.pth, .pt, .th)');
}
