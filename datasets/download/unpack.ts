import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import * as yauzl from 'yauzl';
import { ResnetCocoError } from '../../errors.ts';

/** A file of an archive; whoever takes it must read its content before the next. */
interface ArchivedFile {
  readonly name: string;
  readonly content: Readable;
}

/** No data set here has so many files, or such a large one; an archive that claims more is made to fill the disk. */
const MAX_FILES = 1_000_000;

/**
 * Unpacks one folder of a .tar.gz, .tgz or .zip archive into `target`, which appears when it is whole. A `target` that
 * is there already is left as it is. What lies in the archive outside of that folder is left out.
 *
 * @param folder the outermost folder's name in the archive
 * @param options.contents SHA-256 of what `sha256sum` would print of the folder's files, in order of their paths
 * @throws ResnetCocoError BAD_DATASET for an archive that is damaged, has other contents, or has links or names that lead
 *   elsewhere;
 *   FILE_NOT_WRITABLE; the signal's reason, if aborted
 */
export async function unpackFolder(
  archive: string,
  folder: string,
  target: string,
  { contents, signal }: { readonly contents?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const temporary = await onDisk(target, mkdtemp(join(dirname(target), `.${basename(target)}-`)));
  try {
    const files = /\.zip$/i.test(archive) ? filesOfZip(archive) : filesOfTar(archive);
    const sums = new Map<string, string>();
    for await (const { name, content } of orBadArchive(archive, files)) {
      signal?.throwIfAborted();
      const path = placeWithin(archive, folder, name);
      if (path === undefined) {
        content.resume();
        continue;
      }
      sums.set(path, await writeEntry(archive, join(temporary, path), content, signal));
      if (sums.size > MAX_FILES) throw new ResnetCocoError('BAD_DATASET', `${archive}: more than ${MAX_FILES} files`);
    }
    if (contents !== undefined) checkContents(archive, sums, contents);
    if (!sums.size) throw new ResnetCocoError('BAD_DATASET', `${archive}: no files in a folder '${folder}'`);
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      // Another process has put it there meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw notWritable(target, error);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Where a file goes, relative to the folder's own place; undefined for what lies elsewhere in the archive. */
function placeWithin(archive: string, folder: string, name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leaves = name.startsWith('/') || /^[a-z]:|[\\\0]/i.test(name) || parts.includes('..');
  if (leaves) {
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${archive}: '${name}' in it would leave the folder; nothing was unpacked`,
    );
  }
  return parts[0] === folder && parts.length > 1 ? join(...parts.slice(1)) : undefined;
}

function checkContents(archive: string, sums: ReadonlyMap<string, string>, expected: string): void {
  const all = createHash('sha256');
  const paths = [...sums.keys()].map((path) => path.replaceAll('\\', '/')).sort();
  for (const path of paths) all.update(`${sums.get(join(path))}  ${path}\n`);
  const sum = all.digest('hex');
  if (sum === expected) return;
  throw new ResnetCocoError(
    'BAD_DATASET',
    `${archive}: its ${sums.size} files are not the published ones: their SHA-256 is ${sum}, not ${expected}; fetch it again`,
  );
}

/** Resolves to the content's SHA-256. */
async function writeEntry(archive: string, path: string, content: Readable, signal?: AbortSignal): Promise<string> {
  await onDisk(path, mkdir(dirname(path), { recursive: true }));
  let readFailed = false;
  content.once('error', () => {
    readFailed = true;
  });
  try {
    const hash = createHash('sha256');
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(content, hashed, createWriteStream(path, { flags: 'wx' }), { signal });
    return hash.digest('hex');
  } catch (error) {
    signal?.throwIfAborted();
    throw readFailed ? badArchive(archive, error) : notWritable(path, error);
  }
}

async function* filesOfTar(archive: string): AsyncGenerator<ArchivedFile> {
  const gunzip = createGunzip();
  const { readable, writable } = createTarDecoder({ strict: true });
  const source = createReadStream(archive);
  const feeding = pipeline(source, gunzip, Writable.fromWeb(writable));
  feeding.catch(() => {}); // it is told by the entries too
  try {
    for await (const { header, body } of readable) {
      const { name, type = 'file' } = header;
      if (type === 'file') yield { name, content: Readable.fromWeb(body) };
      else {
        await body.cancel();
        if (type.endsWith('link')) throw new Error(`'${name}' is a link, which may lead elsewhere`);
      }
    }
    await feeding;
  } finally {
    source.destroy();
  }
}

async function* filesOfZip(archive: string): AsyncGenerator<ArchivedFile> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) => {
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, file) => (file ? done(file) : fail(error)));
  });
  try {
    for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
      const { fileName } = entry;
      if (fileName.endsWith('/')) continue;
      // The upper half of the attributes is Unix's mode, where the archive was made there.
      if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) {
        throw new Error(`'${fileName}' is a link, which may lead elsewhere`);
      }
      const opened = entry;
      const content = await new Promise<Readable>((done, fail) => {
        zip.openReadStream(opened, (error, stream) => (error ? fail(error) : done(stream)));
      });
      yield { name: fileName, content };
    }
  } finally {
    zip.close();
  }
}

/** The directory's next entry; undefined behind the last. */
function nextEntry(zip: yauzl.ZipFile): Promise<yauzl.Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (entry?: yauzl.Entry): void => {
      zip.removeListener('entry', settle).removeListener('end', settle).removeListener('error', reject);
      resolve(entry);
    };
    zip.once('error', reject).once('entry', settle).once('end', settle);
    zip.readEntry();
  });
}

async function* orBadArchive(archive: string, files: AsyncGenerator<ArchivedFile>): AsyncGenerator<ArchivedFile> {
  try {
    yield* files;
  } catch (error) {
    throw badArchive(archive, error);
  }
}

function badArchive(archive: string, cause: unknown): ResnetCocoError {
  return new ResnetCocoError('BAD_DATASET', `${archive}: cannot be unpacked: ${(cause as Error).message}`, { cause });
}

function notWritable(path: string, cause: unknown): ResnetCocoError {
  return new ResnetCocoError('FILE_NOT_WRITABLE', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
}

async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw notWritable(path, error);
  }
}
