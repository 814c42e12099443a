import { randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { makeFolder } from '../../../io/whole-file.ts';
import { type CachedPicture, type CacheEntry, readSegment, SegmentWriter } from './cache-segment.ts';
import type { CachedSize } from './cached-size.ts';

/** A segment of this size is closed; its pictures can be read from then on. */
const SEGMENT_BYTES = 2 ** 29;

/** Files that a dead process left are removed after a day. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/**
 * Decoded pictures on disk with shorter sides of at most `side` pixels. The folder holds segments, each written whole
 * under a unique name, so any number of processes can share it. If several segments have a picture, the newest counts.
 * Damaged segments count as missing.
 */
export class PictureCache {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #entries: Map<string, CacheEntry>;
  #segment: SegmentWriter | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  private constructor(folder: string, prefix: string, entries: Map<string, CacheEntry>) {
    this.#folder = folder;
    this.#prefix = prefix;
    this.#entries = entries;
  }

  /**
   * Opens a cache, which may be empty. Removes segments that are damaged or whose pictures are all in newer ones.
   *
   * @param size how the pictures are shrunk
   * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder cannot be made
   */
  static async open(folder: string, { interpolation = 'bilinear', side }: CachedSize): Promise<PictureCache> {
    await makeFolder(folder);
    const prefix = `pictures-${interpolation === 'bilinear' ? '' : `${interpolation}-`}${side}-`;
    const entries = new Map<string, CacheEntry>();
    const names = await readdir(folder);
    const files = names.filter((name) => name.startsWith(prefix) && name.endsWith('.cache')).sort();
    for (const file of files.map((name) => join(folder, name))) {
      const segment = await readSegment(file).catch(() => new Map<string, CacheEntry>());
      for (const [source, entry] of segment) entries.set(source, entry);
    }
    const inUse = new Set(Array.from(entries.values(), ({ file }) => file));
    for (const name of names) {
      const file = join(folder, name);
      const useless = files.includes(name) ? !inUse.has(file) : name.endsWith('.partial') && (await isAbandoned(file));
      if (useless) await unlink(file).catch(() => {}); // another process may have been first
    }
    return new PictureCache(folder, prefix, entries);
  }

  /** @param source path of the picture */
  get(source: string): CacheEntry | undefined {
    return this.#entries.get(source);
  }

  /**
   * Adds a picture; it can be read once its segment is full or `finish` was called.
   *
   * @throws ResnetCocoError FILE_NOT_WRITABLE when writing fails, once; nothing is written after that
   */
  add(source: string, picture: CachedPicture, pixels: Uint8Array): Promise<void> {
    return this.#write(async () => {
      this.#segment ??= await SegmentWriter.create(this.#newFile());
      await this.#segment.add(source, picture, pixels);
      if (this.#segment.bytes >= SEGMENT_BYTES) await this.#commit();
    });
  }

  /** Writes the added pictures to disk. Throws as `add` does. */
  finish(): Promise<void> {
    return this.#write(() => this.#commit());
  }

  /** Runs the steps one after the other. */
  #write(step: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(async () => {
      if (this.#failed) return;
      try {
        await step();
      } catch (cause) {
        this.#failed = true;
        await this.#segment?.discard();
        const message = `${(cause as Error).message}; the run goes on without caching more pictures`;
        throw new ResnetCocoError('FILE_NOT_WRITABLE', message, { cause });
      }
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async #commit(): Promise<void> {
    const entries = await this.#segment?.commit();
    this.#segment = undefined;
    for (const [source, entry] of entries ?? []) this.#entries.set(source, entry);
  }

  /** Names sort by creation time. */
  #newFile(): string {
    const time = Date.now().toString(36).padStart(9, '0');
    return join(this.#folder, `${this.#prefix}${time}-${randomBytes(4).toString('hex')}.cache`);
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS;
}
