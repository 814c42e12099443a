import * as yauzl from 'yauzl';
import type { FileSlice } from '../../io/pickle/file-slice.ts';

/** More files than any checkpoint has. */
const MAX_ENTRIES = 50_000;
const STORED = 0;

/** Gives yauzl random access to a part of a file. */
class SliceReader extends yauzl.RandomAccessReader {
  readonly #source: FileSlice;

  constructor(source: FileSlice) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(): never {
    throw new Error('entries are read in place');
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let problem: Error | null = null;
    try {
      buffer.set(this.#source.read(position, length), offset);
    } catch (error) {
      problem = error as Error;
    }
    // Called later, as yauzl expects: otherwise the stack grows with every entry.
    process.nextTick(callback, problem);
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

/** The files of an archive as slices of it; undefined for a compressed file. */
export type ZipEntries = ReadonlyMap<string, FileSlice | undefined>;

/**
 * Lists the files in a zip archive. PyTorch stores them uncompressed, so they are read in place. A compressed file
 * could grow without bound and is never unpacked.
 *
 * @throws Error that says what is wrong
 */
export async function readZip(file: FileSlice): Promise<ZipEntries> {
  const archive = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.fromRandomAccessReader(new SliceReader(file), file.length, { lazyEntries: true }, (error, zip) => {
      if (zip) resolve(zip);
      else reject(error ?? new Error('no archive'));
    });
  });
  if (archive.entryCount > MAX_ENTRIES) throw new Error(`an archive of ${archive.entryCount} files`);
  const entries = new Map<string, FileSlice | undefined>();
  return new Promise((resolve, reject) => {
    archive.on('error', reject);
    archive.on('end', () => resolve(entries));
    archive.on('entry', (entry: yauzl.Entry) => {
      try {
        const stored = entry.compressionMethod === STORED && entry.compressedSize === entry.uncompressedSize;
        const part = stored ? file.slice(dataStart(file, entry), entry.uncompressedSize) : undefined;
        entries.set(entry.fileName, part);
      } catch (error) {
        reject(new Error(`'${entry.fileName}' lies outside the archive`, { cause: error }));
        return;
      }
      archive.readEntry();
    });
    archive.readEntry();
  });
}

/** The start of a file's data: after the local header, whose extra field may be longer than in the directory. */
function dataStart(file: FileSlice, entry: yauzl.Entry): number {
  const header = new DataView(file.slice(entry.relativeOffsetOfLocalHeader, 30).read().buffer);
  if (header.getUint32(0, true) !== 0x04034b50) throw new Error('no local header');
  return entry.relativeOffsetOfLocalHeader + 30 + header.getUint16(26, true) + header.getUint16(28, true);
}
