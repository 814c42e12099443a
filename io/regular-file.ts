/**
 * Files that a user names. Every such file is opened here: a folder, a named pipe, a device or a socket in its place is
 * refused rather than waited for, and what the system says becomes a `FILE_NOT_FOUND` with the path and the reason.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, ResnetCocoError } from '../errors.ts';

/** Opening never waits for a pipe's writer, even where a pipe has just taken the file's place. Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** No file that is held in memory whole is larger, unless its reader allows for it. */
const MAX_BYTES = 2 ** 30;
/** One call to the system reads no more. */
const CHUNK = 2 ** 30;

const SHOWN_PATH = 400;

/** A path for a message: without characters that no path has, and cut where it is absurdly long. */
function shownPath(path: string): string {
  const shown = (path || "''").replaceAll('\0', '\\0');
  return shown.length > SHOWN_PATH ? `${shown.slice(0, SHOWN_PATH / 2)}…${shown.slice(-SHOWN_PATH / 2)}` : shown;
}

const notFound = (path: string, reason: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('FILE_NOT_FOUND', `${shownPath(path)}: ${reason}`, { cause });

/** What a system error says about a path, as a `FILE_NOT_FOUND`. */
export function unreadable(path: string, cause: unknown, wanted = 'file'): ResnetCocoError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: `no such ${wanted}`,
    ENOTDIR: `no such ${wanted}`,
    EACCES: 'cannot be read: permission denied',
    EPERM: 'cannot be read: permission denied',
    EISDIR: 'is a folder, not a file',
    ELOOP: 'cannot be read: a link that leads back to itself',
    ENAMETOOLONG: 'cannot be read: its name is too long',
    ERR_INVALID_ARG_VALUE: 'cannot be read: its name has a NUL character',
    ENXIO: 'is a device or pipe, not a regular file',
    EMFILE: 'cannot be read: too many files are open; raise the limit with ulimit -n',
  };
  return notFound(path, reasons[code ?? ''] ?? `cannot be read: ${code ?? message}`, cause);
}

/** What lies at a path, links followed; undefined where there is nothing, or no path of this kind can be. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

export const isFolder = (path: string): boolean => statsOf(path)?.isDirectory() ?? false;
export const isFile = (path: string): boolean => statsOf(path)?.isFile() ?? false;

/** The path that a path or a `file:` URL names. @throws ResnetCocoError FILE_NOT_FOUND for a URL of no local file */
export function filePath(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  try {
    return fileURLToPath(source);
  } catch (cause) {
    const remedy = 'give a path, a file: URL or the bytes themselves';
    throw notFound(String(source), `not the URL of a local file; ${remedy}`, cause);
  }
}

function refuseOthers(path: string, found: Stats): void {
  if (found.isDirectory()) throw notFound(path, 'is a folder, not a file');
  if (!found.isFile()) throw notFound(path, 'is a device or pipe, not a regular file');
}

/** An open file. Whoever opens it closes it. */
export interface OpenedFile {
  readonly descriptor: number;
  readonly size: number;
}

/** @throws ResnetCocoError FILE_NOT_FOUND where there is no regular file that can be read */
export function openFile(path: string, wanted = 'file'): OpenedFile {
  let descriptor: number | undefined;
  try {
    // Asked before it is opened: opening a device can do something.
    refuseOthers(path, statSync(path));
    descriptor = openSync(path, READ);
    const found = fstatSync(descriptor);
    refuseOthers(path, found);
    return { descriptor, size: found.size };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause, wanted);
  }
}

/** `openFile` for reading without holding up anything else. */
export async function openHandle(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    refuseOthers(path, statSync(path));
    file = await open(path, READ);
    refuseOthers(path, await file.stat());
    return file;
  } catch (cause) {
    await file?.close();
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause);
  }
}

export interface ReadLimit {
  /** A file of more bytes is refused before any is read. */
  readonly maxBytes?: number;
  /** Code of the error for a file that is too large. */
  readonly code: ErrorCode;
}

function refuseLarger(path: string, size: number, { code, maxBytes = MAX_BYTES }: ReadLimit): void {
  if (size <= maxBytes) return;
  const message = `${size} bytes are too many for a file of its kind, which has at most ${maxBytes}`;
  throw new ResnetCocoError(code, `${shownPath(path)}: ${message}`);
}

/**
 * The content of a file.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND where there is no regular file that can be read; the limit's code
 */
export async function readBytes(path: string, limit: ReadLimit): Promise<Buffer> {
  const file = await openHandle(path);
  try {
    refuseLarger(path, (await file.stat()).size, limit);
    return await file.readFile();
  } catch (cause) {
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause);
  } finally {
    await file.close();
  }
}

/** `readBytes` at once, for what is read while nothing else goes on. */
export function readBytesSync(path: string, limit: ReadLimit): Buffer {
  const { descriptor, size } = openFile(path);
  try {
    refuseLarger(path, size, limit);
    const bytes = Buffer.allocUnsafeSlow(size);
    return bytes.subarray(0, readAt(descriptor, bytes, 0));
  } catch (cause) {
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause);
  } finally {
    closeSync(descriptor);
  }
}

/** Fills `bytes` from a position on, as far as the file goes, and returns how many came. */
export function readAt(descriptor: number, bytes: Uint8Array, position: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, Math.min(CHUNK, bytes.length - done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
