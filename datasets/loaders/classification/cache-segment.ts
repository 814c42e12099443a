/**
 * A file of a picture cache: the pixels of many pictures one after the other, their index in JSON, and a footer of 16
 * bytes (a signature, and the length and checksum of the index).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { WholeFile } from '../../../io/whole-file.ts';
import { checksum } from './checksum.ts';

const SIGNATURE = 'rccache1';
const FOOTER_BYTES = 16;

/** What a cache stores about a picture. */
export interface CachedPicture {
  readonly width: number;
  readonly height: number;
  /** Checksum of the pixels. */
  readonly checksum: number;
  /** Of the source file when it was decoded: its size in bytes, and its modification time in milliseconds. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** A cached picture and where its pixels are. */
export interface CacheEntry extends CachedPicture {
  readonly file: string;
  readonly offset: number;
}

/** A line of the index. */
type IndexLine = readonly [path: string, ...numbers: number[]];

/** Writes a segment; the file gets its name once it is whole. */
export class SegmentWriter {
  readonly #file: WholeFile;
  readonly #entries = new Map<string, CacheEntry>();
  #bytes = 0;

  private constructor(file: WholeFile) {
    this.#file = file;
  }

  /** @throws ResnetCocoError FILE_NOT_WRITABLE when the file cannot be written, as the other methods do */
  static async create(path: string): Promise<SegmentWriter> {
    return new SegmentWriter(await WholeFile.create(path));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param source path of the picture */
  async add(source: string, picture: CachedPicture, pixels: Uint8Array): Promise<void> {
    await this.#file.write(pixels);
    this.#entries.set(source, { ...picture, file: this.#file.path, offset: this.#bytes });
    this.#bytes += pixels.length;
  }

  /** @returns the new entries, by source path */
  async commit(): Promise<ReadonlyMap<string, CacheEntry>> {
    const lines = Array.from(this.#entries, ([path, entry]): IndexLine => {
      return [path, entry.offset, entry.width, entry.height, entry.checksum, entry.size, entry.mtimeMs];
    });
    const index = new TextEncoder().encode(JSON.stringify(lines));
    const footer = Buffer.alloc(FOOTER_BYTES, SIGNATURE);
    footer.writeUInt32LE(index.length, 8);
    footer.writeUInt32LE(checksum(index), 12);
    await this.#file.write(index);
    await this.#file.write(footer);
    await this.#file.commit();
    return this.#entries;
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** Reads the entries of a segment, by source path. @throws Error when it is damaged or cannot be read */
export async function readSegment(file: string): Promise<ReadonlyMap<string, CacheEntry>> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const footer = await readAt(handle, size - FOOTER_BYTES, FOOTER_BYTES);
    const length = footer.readUInt32LE(8);
    const end = size - FOOTER_BYTES - length;
    if (footer.toString('latin1', 0, 8) !== SIGNATURE || end < 0) throw new Error('no segment of a cache');
    const index = await readAt(handle, end, length);
    if (checksum(index) !== footer.readUInt32LE(12)) throw new Error('its index is damaged');
    const lines = JSON.parse(index.toString('utf8')) as IndexLine[];
    const entries = lines.map(([path, offset, width, height, sum, bytes, mtimeMs]): [string, CacheEntry] => {
      return [path, { file, offset, width, height, checksum: sum, size: bytes, mtimeMs }];
    });
    const inside = entries.every(([, { offset, width, height }]) => offset + width * height * 3 <= end);
    if (!inside) throw new Error('its pixels are incomplete');
    return new Map(entries);
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw new Error('it is too short');
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error('it ends early');
  return buffer;
}
