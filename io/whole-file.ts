import { randomBytes } from 'node:crypto';
import { constants, existsSync, unlinkSync } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { notWritable } from './not-writable.ts';

/** Files not yet committed; removed if the process exits before. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // Nothing more can be done at exit.
    }
  }
});

/** A temporary name beside `path`; see `removeUnfinished`. */
const partialBeside = (path: string): string => join(dirname(path), `.${randomBytes(6).toString('hex')}.partial`);

/**
 * A file that appears under its name only when whole: written beside it and renamed by `commit()`. Until then an older
 * file is unchanged. Every method throws `FILE_NOT_WRITABLE` when the file system refuses.
 */
export class WholeFile {
  readonly path: string;
  readonly #partial: string;
  readonly #handle: FileHandle;

  private constructor(path: string, partial: string, handle: FileHandle) {
    this.path = path;
    this.#partial = partial;
    this.#handle = handle;
  }

  static async create(path: string): Promise<WholeFile> {
    const partial = partialBeside(path);
    try {
      const existing = await stat(path).catch(() => undefined);
      // A rename would replace a device such as /dev/null with a plain file.
      if (existing && !existing.isFile()) {
        throw new Error(existing.isDirectory() ? `'${basename(path)}' is a folder` : 'it is not a regular file');
      }
      const handle = await open(partial, 'wx');
      unfinished.add(partial);
      return new WholeFile(path, partial, handle);
    } catch (error) {
      throw notWritable(path, error);
    }
  }

  /** Await each call before the next. */
  async write(data: string | Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(data);
    } catch (error) {
      throw notWritable(this.path, error);
    }
  }

  /** Writes at a position, over existing bytes and beyond the end; do not mix it with `write`. */
  async writeAt(data: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < data.length; ) {
        done += (await this.#handle.write(data, done, data.length - done, position + done)).bytesWritten;
      }
    } catch (error) {
      throw notWritable(this.path, error);
    }
  }

  /** Cuts off everything after the first `length` bytes. */
  async truncate(length: number): Promise<void> {
    try {
      await this.#handle.truncate(length);
    } catch (error) {
      throw notWritable(this.path, error);
    }
  }

  /** Puts a copy of the current file at its path, and goes on. */
  async publish(): Promise<void> {
    const copy = partialBeside(this.path);
    unfinished.add(copy);
    try {
      await copyFile(this.#partial, copy, constants.COPYFILE_FICLONE);
      await rename(copy, this.path);
    } catch (error) {
      await unlink(copy).catch(() => {});
      throw notWritable(this.path, error);
    } finally {
      unfinished.delete(copy);
    }
  }

  /**
   * Moves the file to its path.
   *
   * @param durable wait until it is on the disk, so that a loss of power leaves either the old or the new file
   */
  async commit({ durable = false } = {}): Promise<void> {
    try {
      if (durable) await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#partial, this.path);
      unfinished.delete(this.#partial);
      if (durable) await syncFolder(dirname(this.path));
    } catch (error) {
      await this.discard();
      throw notWritable(this.path, error);
    }
  }

  /** Deletes what was written. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await unlink(this.#partial).catch(() => {});
    unfinished.delete(this.#partial);
  }
}

/** Syncs a folder's file names to the disk, if the system can (Windows cannot). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * Removes unfinished files of killed processes from a folder that nobody else writes to.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when one cannot be removed
 */
export async function removeUnfinished(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (/^\.[0-9a-f]{12}\.partial$/.test(name)) await unlink(join(folder, name));
    }
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** Writes a file whole or not at all. */
export async function writeWholeFile(path: string, data: string | Uint8Array): Promise<void> {
  const file = await WholeFile.create(path);
  try {
    await file.write(data);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
}

/** Makes a folder and its parents if missing. Throws `FILE_NOT_WRITABLE`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(resolve(path));
  } catch (error) {
    throw notWritable(path, error);
  }
}

/** The first missing folder of a path, which `makeFolder` would make; undefined when none is missing. */
export function missingFolder(path: string): string | undefined {
  let missing: string | undefined;
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing = folder;
  return missing;
}

/** Removes a folder and its parents down to `first`, if they are empty. */
export async function removeEmptyFolders(path: string, first: string): Promise<void> {
  for (let folder = resolve(path); folder.startsWith(first); folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      // It is not empty, or was never made.
      if (existsSync(folder)) return;
    }
  }
}

/** Node's recursive mkdir reports a read-only file system as a missing folder, and never ends in `/proc`. */
async function makeWithParents(path: string): Promise<void> {
  const isFolder = async () => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder()) return;
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    // Another call may have made the parent in the meantime.
    if (!(await stat(parent).catch(() => undefined))) await makeWithParents(parent);
    await mkdir(path).catch(async (reason: unknown) => {
      if (!(await isFolder())) throw reason;
    });
  }
}
