/**
 * Opens files that a user names. A folder, named pipe, device or socket is refused instead of waited for. System errors
 * become `FILE_NOT_FOUND` with the path and the reason.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, ResnetCocoError } from '../errors.ts';

/** Opening never waits for a pipe's writer, even if a pipe has just replaced the file. Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Files read into memory whole are at most this large, unless their reader raises it. */
const MAX_BYTES = 2 ** 30;
/** The system reads at most this much per call. */
const CHUNK = 2 ** 30;

const SHOWN_PATH = 400;

/** A path for messages: control characters are made visible, and absurd lengths cut. */
function shownPath(path: string): string {
  const shown = (path || "''").replaceAll('\0', '\\0');
  return shown.length > SHOWN_PATH ? `${shown.slice(0, SHOWN_PATH / 2)}…${shown.slice(-SHOWN_PATH / 2)}` : shown;
}

const notFound = (path: string, reason: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('FILE_NOT_FOUND', `${shownPath(path)}: ${reason}`, { cause });

const FETCH_FIRST = 'a URL, not a file; fetch it first, and give the path of the file or its bytes';

/** Whether a path is the URL of something that is no file of this machine. */
const isRemote = (path: string): boolean => /^((https?|ftp|s3|gs):\/\/|data:)/i.test(path);

/** Converts a system error about a path to `FILE_NOT_FOUND`. */
export function unreadable(path: string, cause: unknown, wanted = 'file'): ResnetCocoError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (isRemote(path)) return notFound(path, FETCH_FIRST, cause);
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

/** Stats of a path, following links; undefined when nothing is there or the path is invalid. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

export const isFolder = (path: string): boolean => statsOf(path)?.isDirectory() ?? false;
export const isFile = (path: string): boolean => statsOf(path)?.isFile() ?? false;

/** The path of a path or `file:` URL. @throws ResnetCocoError FILE_NOT_FOUND when the URL is not of a local file */
export function filePath(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  try {
    return fileURLToPath(source);
  } catch (cause) {
    if (isRemote(String(source))) throw notFound(String(source), FETCH_FIRST, cause);
    const remedy = 'give a path, a file: URL or the bytes themselves';
    throw notFound(String(source), `not the URL of a local file; ${remedy}`, cause);
  }
}

function refuseOthers(path: string, stats: Stats): void {
  if (stats.isDirectory()) throw notFound(path, 'is a folder, not a file');
  if (!stats.isFile()) throw notFound(path, 'is a device or pipe, not a regular file');
}

/** An open file. The caller closes it. */
export interface OpenedFile {
  readonly descriptor: number;
  readonly size: number;
}

/** @throws ResnetCocoError FILE_NOT_FOUND when there is no readable regular file */
export function openFile(path: string, wanted = 'file'): OpenedFile {
  let descriptor: number | undefined;
  try {
    // Checked before opening: opening a device can have effects.
    refuseOthers(path, statSync(path));
    descriptor = openSync(path, READ);
    const stats = fstatSync(descriptor);
    refuseOthers(path, stats);
    return { descriptor, size: stats.size };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw cause instanceof ResnetCocoError ? cause : unreadable(path, cause, wanted);
  }
}

/** `openFile`, asynchronously. */
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
  /** Larger files are refused before reading. */
  readonly maxBytes?: number;
  /** Error code for a file that is too large. */
  readonly code: ErrorCode;
}

function refuseLarger(path: string, size: number, { code, maxBytes = MAX_BYTES }: ReadLimit): void {
  if (size <= maxBytes) return;
  const message = `${size} bytes are too many for a file of its kind, which has at most ${maxBytes}`;
  throw new ResnetCocoError(code, `${shownPath(path)}: ${message}`);
}

/**
 * Reads a whole file.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no readable regular file
 * @throws ResnetCocoError `limit.code` when it is too large
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

/** `readBytes`, synchronously. */
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

/** Fills `bytes` from a position of the file, and returns the number of bytes read. */
export function readAt(descriptor: number, bytes: Uint8Array, position: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, Math.min(CHUNK, bytes.length - done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** The first bytes of a file, at most `most` of them; undefined where it cannot be read. */
export function startOf(path: string, most: number): Buffer | undefined {
  try {
    const { descriptor } = openFile(path);
    try {
      const bytes = Buffer.alloc(most);
      return bytes.subarray(0, readAt(descriptor, bytes, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
