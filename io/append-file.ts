import { closeSync, constants, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { notWritable } from './not-writable.ts';
import { isFolder, statsOf } from './regular-file.ts';

/**
 * A file that grows only at its end. Each write goes to the operating system at once, so a killed process loses
 * nothing. Every method throws `FILE_NOT_WRITABLE` when the file system refuses.
 */
export class AppendFile {
  readonly path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /** Opens the file, or makes it and its parent folders. */
  static open(path: string): AppendFile {
    return new AppendFile(
      path,
      refusing(path, () => openForAppending(path, constants.O_APPEND)),
    );
  }

  /** Makes the file and its parent folders; undefined when the file exists. */
  static create(path: string): AppendFile | undefined {
    return refusing(path, () => {
      try {
        return new AppendFile(path, openForAppending(path, constants.O_APPEND | constants.O_EXCL));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
        throw error;
      }
    });
  }

  append(bytes: Uint8Array): void {
    refusing(this.path, () => {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    });
  }

  /** Cuts off everything after the first `length` bytes. */
  truncate(length: number): void {
    refusing(this.path, () => ftruncateSync(this.#descriptor, length));
  }

  /** Returns when all writes are on the disk and survive a loss of power. */
  sync(): void {
    refusing(this.path, () => fsyncSync(this.#descriptor));
  }

  close(): void {
    refusing(this.path, () => closeSync(this.#descriptor));
  }
}

/** Makes folders one by one: in a folder such as `/proc`, Node's recursive mkdir never ends. */
function makeFolders(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path && !statsOf(parent)) makeFolders(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

/** Follows no symbolic link, which may lead anywhere; Windows has no such flag. */
function openForAppending(path: string, flags: number): number {
  makeFolders(dirname(resolve(path)));
  // Opening a pipe would wait for a reader.
  const stats = statsOf(path);
  if (stats && !stats.isFile() && !stats.isDirectory()) throw new Error('it is a device or pipe, not a regular file');
  return openSync(path, flags | constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0));
}

function refusing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const isLink = (error as NodeJS.ErrnoException).code === 'ELOOP';
    throw notWritable(path, isLink ? new Error('it is a symbolic link', { cause: error }) : error);
  }
}
