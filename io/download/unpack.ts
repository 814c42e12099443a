import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { notWritable } from '../not-writable.ts';
import { openFile } from '../regular-file.ts';
import { type ArchivedFile, filesOfTar, filesOfZip, type UnpackedBytes } from './archive-files.ts';

/** No known data set has more files; an archive with more is made to fill the disk. */
const MAX_FILES = 1_000_000;
/** Photographs hardly grow when unpacked, annotations about tenfold. */
const MAX_GROWTH = 20;
const FREE_GROWTH = 2 ** 26;

/** Error codes of paths that the system refuses because of the archive's file names. */
const BAD_NAME = ['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EINVAL', 'ERR_FS_EISDIR', 'EILSEQ'];

/**
 * Unpacks one folder of a .tar.gz, .tgz or .zip archive into `target`, which appears when it is whole. An existing
 * `target` is left unchanged. Files of the archive outside the folder are left out. An archive may unpack to twenty
 * times its size and 64 MiB.
 *
 * @param folder name of the outermost folder in the archive
 * @param options.contents SHA-256 of the output of `sha256sum` for the folder's files, in order of their paths
 * @throws ResnetCocoError FILE_NOT_FOUND when the archive is missing
 * @throws ResnetCocoError BAD_DATASET when the archive is damaged, ends early, exceeds the limit, has other contents,
 *   or has links or names that lead out of the folder
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written; the signal's reason when aborted
 */
export async function unpackFolder(
  archive: string,
  folder: string,
  target: string,
  { contents, signal }: { readonly contents?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const unpacked = limitOf(archive);
  const temporary = await onDisk(target, mkdtemp(join(dirname(target), `.${basename(target)}-`)));
  try {
    const files = (/\.zip$/i.test(archive) ? filesOfZip : filesOfTar)(archive, unpacked);
    const sums = new Map<string, string>();
    for await (const { name, content } of orBadArchive(archive, files)) {
      signal?.throwIfAborted();
      const path = placeWithin(archive, folder, name);
      if (path === undefined) continue;
      sums.set(path, await writeEntry(archive, join(temporary, path), content(), signal));
      if (sums.size > MAX_FILES) throw bad(archive, `more than ${MAX_FILES} files`);
    }
    if (!sums.size) throw bad(archive, `no files in a folder '${folder}'`);
    if (contents !== undefined) checkContents(archive, sums, contents);
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      // Another process has put it there meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw notWritable(target, error);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function limitOf(archive: string): UnpackedBytes {
  const { descriptor, size } = openFile(archive);
  closeSync(descriptor);
  const limit = MAX_GROWTH * size + FREE_GROWTH;
  let total = 0;
  return {
    add(bytes) {
      total += bytes;
      if (total > limit) throw new Error(`its ${size} bytes unpack to more than ${limit}; it is made to fill the disk`);
    },
  };
}

/** Where a file goes, relative to the target; undefined for files outside the folder. */
function placeWithin(archive: string, folder: string, name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leaves = name.startsWith('/') || /^[a-z]:|[\\\0]/i.test(name) || parts.includes('..');
  if (leaves) throw bad(archive, `'${name}' in it would leave the folder; nothing was unpacked`);
  return parts[0] === folder && parts.length > 1 ? join(...parts.slice(1)) : undefined;
}

function checkContents(archive: string, sums: ReadonlyMap<string, string>, expected: string): void {
  const all = createHash('sha256');
  const paths = [...sums.keys()].map((path) => path.replaceAll('\\', '/')).sort();
  for (const path of paths) all.update(`${sums.get(join(path))}  ${path}\n`);
  const sum = all.digest('hex');
  if (sum === expected) return;
  const problem = `its ${sums.size} files are not the published ones: their SHA-256 is ${sum}, not ${expected}`;
  throw bad(archive, `${problem}; fetch it again`);
}

/** Writes a file and resolves to the content's SHA-256. */
async function writeEntry(
  archive: string,
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const file = await createFile(archive, path);
  try {
    const hash = createHash('sha256');
    for await (const chunk of orBadArchive(archive, content)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      await onDisk(path, file.writeFile(chunk));
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

async function createFile(archive: string, path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'wx');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!BAD_NAME.includes(code ?? '')) throw notWritable(path, error);
    const problem = code === 'EEXIST' ? 'is in it twice' : 'is no name that a file here can have';
    throw bad(archive, `'${basename(path).slice(0, 100)}' ${problem}`, error);
  }
}

/** Passes the archive's files or bytes on, and reports their errors as the archive's. */
async function* orBadArchive<T extends ArchivedFile | Uint8Array>(
  archive: string,
  parts: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* parts;
  } catch (error) {
    throw error instanceof ResnetCocoError
      ? error
      : bad(archive, `cannot be unpacked: ${(error as Error).message}`, error);
  }
}

function bad(archive: string, problem: string, cause?: unknown): ResnetCocoError {
  return new ResnetCocoError('BAD_DATASET', `${archive}: ${problem}`, { cause });
}

async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw notWritable(path, error);
  }
}
