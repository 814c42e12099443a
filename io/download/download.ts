import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ResnetCocoError } from '../../errors.ts';
import { takeLock } from '../lock-file.ts';
import { notWritable } from '../not-writable.ts';
import type { OptionKinds } from '../options.ts';
import { makeFolder } from '../whole-file.ts';
import { type FileDigest, hashFor, hashName } from './file-digest.ts';
import { isWorthRetry, type Patience, usualPatience, waitBeforeRetry } from './patience.ts';
import {
  discardPart,
  openTransfer,
  publicUrl,
  readPart,
  sizeOf,
  TransferError,
  UnusablePart,
  validatorFile,
} from './transfer.ts';

/** How far a download has come. */
export interface DownloadProgress {
  readonly url: string;
  /** Bytes on disk, including those of an earlier, interrupted download. */
  readonly received: number;
  /** Bytes of the whole file, if the source states it. */
  readonly total: number | undefined;
  /** Mean since this connection began. */
  readonly bytesPerSecond: number;
}

/** Settings of a download. */
export interface FetchOptions {
  /** Called when data arrives. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /**
   * Stops the download; the promise rejects with the signal's reason. Received data is kept, and the next download
   * continues it.
   */
  readonly signal?: AbortSignal;
  /** Receives notes, such as of a wait that the source asks for. */
  readonly onNote?: (note: string) => void;
}

export const fetchOptionKinds: OptionKinds<FetchOptions> = {
  onProgress: 'function',
  signal: 'signal',
  onNote: 'function',
};

/** What is known of the source of a download. */
export interface SourceTerms {
  /** The token for the source's own host: after a redirect to another one it is not sent. */
  readonly bearer?: string | undefined;
  /** A source that sends more bytes is given up. */
  readonly mostBytes?: number | undefined;
}

/**
 * Downloads a file whole or not at all: to `TARGET.part`, renamed when its digest is right. A part from an earlier
 * download is continued if the source can; an existing file with another digest is replaced. Processes that download
 * the same file wait for each other.
 *
 * @param source an http:, https: or file: URL
 * @param digest undefined when unknown: the file is then accepted unchecked
 * @throws ResnetCocoError DOWNLOAD_FAILED when the source cannot be read or sends another file
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the target cannot be written; the signal's reason when aborted
 */
export async function download(
  source: URL,
  target: string,
  digest: FileDigest | undefined,
  { onProgress, signal, onNote, bearer, mostBytes }: FetchOptions & SourceTerms = {},
  patience: Patience = usualPatience,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    await onDisk(target, makeFolder(dirname(target)));
    const release = await onDisk(target, takeLock(`${target}.lock`, { lostMs: patience.lockMs, signal }));
    try {
      if (await isRight(target, digest, signal)) return;
      await receiveWhole({ source, target, digest, onProgress, onNote, signal, bearer, mostBytes, patience });
    } finally {
      await release();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Whether the file exists and is the published one: a killed process or a full disk may have left another. */
async function isRight(
  target: string,
  digest: FileDigest | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!existsSync(target)) return false;
  return !digest || (await onDisk(target, hashOf(target, digest, signal))).startsWith(digest.hex);
}

interface Job extends SourceTerms {
  readonly source: URL;
  readonly target: string;
  readonly digest: FileDigest | undefined;
  readonly onProgress: FetchOptions['onProgress'];
  readonly onNote: FetchOptions['onNote'];
  readonly signal: AbortSignal | undefined;
  readonly patience: Patience;
}

async function receiveWhole(job: Job): Promise<void> {
  const { source, target, digest, signal } = job;
  const part = `${target}.part`;
  let isLeftover = (await sizeOf(part)) > 0;
  for (;;) {
    await receiveWithRetries(job, part);
    if (!digest) break;
    const hash = await onDisk(part, hashOf(part, digest, signal));
    if (hash.startsWith(digest.hex)) break;
    await onDisk(part, discardPart(part));
    if (!isLeftover) {
      throw new ResnetCocoError(
        'DOWNLOAD_FAILED',
        `${publicUrl(source)} is not the published file: its ${hashName(digest)} begins with ${hash.slice(0, digest.hex.length)}, not ${digest.hex}; what came was deleted. A proxy, a login page or a mirror may have answered with something else`,
      );
    }
    // The part from before may be damaged, as after a loss of power.
    isLeftover = false;
  }
  await onDisk(target, rename(part, target));
  await rm(validatorFile(part), { force: true });
}

/** Attempts the transfer until the file is whole; gives up after several attempts in a row without new data. */
async function receiveWithRetries(job: Job, part: string): Promise<void> {
  const { patience, signal } = job;
  const source = publicUrl(job.source);
  let furthest = await sizeOf(part);
  for (let failures = 0; ; failures++) {
    try {
      return await receive(job, part);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransferError)) throw error;
      const size = await sizeOf(part);
      if (size > furthest) [furthest, failures] = [size, 0];
      if (error instanceof UnusablePart) await onDisk(part, discardPart(part));
      if (!isWorthRetry(error, failures, patience)) {
        throw new ResnetCocoError('DOWNLOAD_FAILED', `${source}: ${error.message}`, { cause: error });
      }
      if (!(error instanceof UnusablePart)) await waitBeforeRetry(error, failures, patience, source, job);
    }
  }
}

/** One attempt: appends to the part until the file is whole. */
async function receive(
  { source, bearer, mostBytes = Number.POSITIVE_INFINITY, onProgress, signal, patience }: Job,
  part: string,
): Promise<void> {
  const attempt = new AbortController();
  const stalled = new TransferError(`no data for ${patience.stallMs / 1000} s`, true);
  const watchdog = setTimeout(() => attempt.abort(stalled), patience.stallMs);
  const closed = AbortSignal.any(signal ? [signal, attempt.signal] : [attempt.signal]);
  const began = performance.now();
  const url = publicUrl(source).href;
  let file: FileHandle | undefined;
  let isRead = false;
  try {
    const { start, total, validator, chunks } = await openTransfer(source, await readPart(part), closed, bearer);
    const tooLong = () => new UnusablePart(`sends more than the ${mostBytes} bytes that the file has`, false);
    if (total !== undefined && total > mostBytes) throw tooLong();
    file = await openPart(part, start, validator);
    let received = start;
    for await (const chunk of chunks) {
      watchdog.refresh();
      if (received + chunk.length > mostBytes) throw tooLong();
      await onDisk(part, writeAt(file, chunk, received));
      received += chunk.length;
      const seconds = (performance.now() - began) / 1000;
      onProgress?.({ url, received, total, bytesPerSecond: (received - start) / seconds });
    }
    // The connection returns to its pool; aborting it now could cut the next request.
    isRead = true;
    await onDisk(part, file.sync());
    if (total !== undefined && received !== total) {
      throw new TransferError(`the connection ended after ${received} of ${total} bytes`, true);
    }
  } finally {
    clearTimeout(watchdog);
    if (!isRead) attempt.abort();
    await file?.close();
  }
}

async function openPart(part: string, start: number, validator: string | undefined): Promise<FileHandle> {
  if (start > 0) return await onDisk(part, open(part, 'r+'));
  await onDisk(part, discardPart(part));
  const file = await onDisk(part, open(part, 'w'));
  if (validator) await onDisk(part, writeFile(validatorFile(part), validator));
  return file;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** The digest of the file on disk, whoever wrote it. */
async function hashOf(path: string, digest: FileDigest, signal: AbortSignal | undefined): Promise<string> {
  const hash = hashFor(digest, await sizeOf(path));
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const reason = cause instanceof ResnetCocoError ? (cause.cause ?? cause) : cause;
    throw notWritable(path, reason, 'RESNET_COCO_HOME can name another folder');
  }
}
