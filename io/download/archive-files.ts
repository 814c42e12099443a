import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import * as yauzl from 'yauzl';

/** A file of an archive. Its content must be read before the next file is requested, if at all. */
export interface ArchivedFile {
  readonly name: string;
  content(): AsyncIterable<Uint8Array>;
}

/** Counts unpacked bytes and refuses too many. */
export interface UnpackedBytes {
  /** @throws Error when there are too many */
  add(bytes: number): void;
}

/** A tar archive ends with blocks of zeros. */
const BLOCK = 512;

/**
 * The files of a .tar.gz or .tgz archive.
 *
 * @throws Error with the reason, also when the archive ends early, at any place
 */
export async function* filesOfTar(archive: string, unpacked: UnpackedBytes): AsyncGenerator<ArchivedFile> {
  const { readable, writable } = createTarDecoder({ strict: true });
  const source = createReadStream(archive);
  const feeding = pipeline(source, createGunzip(), (chunks) => feed(chunks, writable, unpacked));
  feeding.catch(() => {}); // reported below, or by the entries
  try {
    for await (const { header, body } of readable) {
      const { name, type = 'file' } = header;
      if (type === 'file') yield { name, content: () => body };
      else if (type.endsWith('link')) throw new Error(`'${name}' is a link, which may lead elsewhere`);
      for await (const _ of body); // reads the rest: the decoder stalls on a cancelled body
    }
    await feeding;
  } finally {
    source.destroy();
    await feeding.catch(() => {});
  }
}

/** Feeds the unpacked archive to its decoder, which then fails where the archive does. */
async function feed(
  chunks: AsyncIterable<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  unpacked: UnpackedBytes,
): Promise<void> {
  const writer = writable.getWriter();
  let zeros = 0;
  try {
    for await (const chunk of chunks) {
      unpacked.add(chunk.length);
      const last = chunk.findLastIndex((byte) => byte !== 0);
      zeros = last < 0 ? zeros + chunk.length : chunk.length - 1 - last;
      await writer.write(chunk);
    }
    // The decoder takes an end between two files for the end of the archive.
    if (zeros < BLOCK) throw new Error('unexpected end of file');
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

/**
 * The files of a zip archive.
 *
 * @throws Error with the reason when the archive is damaged
 */
export async function* filesOfZip(archive: string, unpacked: UnpackedBytes): AsyncGenerator<ArchivedFile> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) => {
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, file) => (file ? done(file) : fail(error)));
  });
  zip.on('error', () => {}); // awaited calls report theirs; a later error must not end the process
  try {
    for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
      const { fileName: name } = entry;
      if (name.endsWith('/')) continue;
      // The upper half of the attributes is Unix's mode if the archive was made on Unix.
      if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) {
        throw new Error(`'${name}' is a link, which may lead elsewhere`);
      }
      const opened = entry;
      yield { name, content: () => contentOf(zip, opened, unpacked) };
    }
  } finally {
    zip.close();
  }
}

async function* contentOf(zip: yauzl.ZipFile, entry: yauzl.Entry, unpacked: UnpackedBytes): AsyncGenerator<Uint8Array> {
  const stream = await new Promise<Readable>((done, fail) => {
    zip.openReadStream(entry, (error, opened) => (error ? fail(error) : done(opened)));
  });
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    unpacked.add(chunk.length);
    yield chunk;
  }
}

/** The next entry of the directory; undefined after the last. */
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
