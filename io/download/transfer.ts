import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A source did not give its file. */
export class TransferError extends Error {
  /** Whether another attempt may succeed. */
  readonly transient: boolean;
  /** How long the source asks to wait before another attempt (Retry-After). */
  readonly waitMs: number | undefined;

  constructor(message: string, transient: boolean, options?: ErrorOptions & { readonly waitMs?: number | undefined }) {
    super(message, options);
    this.transient = transient;
    this.waitMs = options?.waitMs;
  }
}

/** A file being received: its bytes from `start` on. */
export interface Transfer {
  readonly start: number;
  /** Length of the whole file, if the source states it. */
  readonly total: number | undefined;
  /**
   * Identifies this version of the file, so that a request for the rest gets the rest of the same file (RFC 9110,
   * If-Range).
   */
  readonly validator: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The part of a file that an earlier transfer left. */
export interface Part {
  readonly size: number;
  readonly validator: string;
}

export const validatorFile = (part: string): string => `${part}.etag`;

/** The existing part of a file, if it can be continued. */
export async function readPart(part: string): Promise<Part | undefined> {
  const size = await sizeOf(part);
  const validator = await readFile(validatorFile(part), 'utf8').catch(() => '');
  return size && validator ? { size, validator } : undefined;
}

export async function discardPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(validatorFile(part), { force: true });
}

/** The length of a file; 0 when there is none. */
export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/**
 * Opens the file at `source`, after the bytes of `part` if the source can continue there, else from the start.
 *
 * @param signal closes the transfer; if its reason is a TransferError, that is thrown
 * @param bearer a token for the source's host
 * @throws TransferError now or while reading
 */
export const openTransfer = (
  source: URL,
  part: Part | undefined,
  signal: AbortSignal,
  bearer?: string,
): Promise<Transfer> =>
  source.protocol === 'file:' ? openFile(source, signal) : openHttp(source, part, signal, bearer);

async function openFile(source: URL, signal: AbortSignal): Promise<Transfer> {
  try {
    const path = fileURLToPath(source);
    const stats = await stat(path);
    if (!stats.isFile()) throw new TransferError('is no regular file', false);
    const chunks = orTransferError(createReadStream(path, { signal }), false);
    return { start: 0, total: stats.size, validator: undefined, chunks };
  } catch (error) {
    throw asTransferError(error, false);
  }
}

async function openHttp(
  source: URL,
  part: Part | undefined,
  signal: AbortSignal,
  bearer: string | undefined,
): Promise<Transfer> {
  const headers = headersFor(source, bearer);
  if (part) Object.assign(headers, { range: `bytes=${part.size}-`, 'if-range': part.validator });
  try {
    // fetch follows redirects to http: and https: alone, and leaves out the authorization on another host.
    const response = await fetch(publicUrl(source), { headers, signal });
    const section = await sectionOf(response, part);
    return { ...section, validator: validatorOf(response), chunks: orTransferError(bodyOf(response), true) };
  } catch (error) {
    throw asTransferError(error, true);
  }
}

/**
 * The bytes of an answer. The generator keeps the answer alive: Node cancels an unread body once its answer is garbage
 * collected, which looks like a connection that ended early.
 */
async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  yield* response.body ?? [];
}

async function* orTransferError(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  transient: boolean,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw asTransferError(error, transient);
  }
}

/** Which bytes of the file an answer contains. */
async function sectionOf(response: Response, part: Part | undefined): Promise<Pick<Transfer, 'start' | 'total'>> {
  const { status, headers } = response;
  if (status === 200) {
    const length = headers.get('content-length');
    const isPlain = (headers.get('content-encoding') ?? 'identity') === 'identity';
    return { start: 0, total: length !== null && isPlain ? Number(length) : undefined };
  }
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const total = range && range[2] !== '*' ? Number(range[2]) : undefined;
  if (part && status === 206 && range?.[1] === String(part.size)) return { start: part.size, total };
  await response.body?.cancel();
  // Nothing is left to send if the earlier transfer ended just before its file was renamed.
  if (part && status === 416 && total === part.size) return { start: part.size, total };
  if (part && (status === 206 || status === 416))
    throw new UnusablePart(`the server does not continue at ${part.size}`);
  throw statusError(response);
}

/** The error for an answer with a status of failure. */
export function statusError({ status, statusText, headers }: Response): TransferError {
  const transient = status === 408 || status === 425 || status === 429 || status >= 500;
  const waitMs = transient ? waitOf(headers.get('retry-after')) : undefined;
  return new TransferError(`HTTP ${status} ${statusText}`.trim(), transient, { waitMs });
}

/** Milliseconds of a Retry-After, which gives seconds or a date (RFC 9110). */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? 1000 * Number(retryAfter) : Date.parse(retryAfter) - Date.now();
  return ms > 0 ? ms : undefined;
}

/** The existing part does not match the source, or what comes is not the file. */
export class UnusablePart extends TransferError {
  constructor(message: string, transient = true) {
    super(message, transient);
  }
}

/** A strong ETag, else the date: If-Range accepts no weak ETag. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return (etag?.startsWith('"') ? etag : headers.get('last-modified')) ?? undefined;
}

/**
 * Headers of a request: no compression, since such an answer could be neither measured nor continued; and the
 * authorization for the user and password in a mirror's URL (fetch refuses such URLs), else for the token.
 */
export function headersFor({ username, password }: URL, bearer?: string): Record<string, string> {
  const headers = { 'accept-encoding': 'identity' };
  if (!username) return bearer === undefined ? headers : { ...headers, authorization: `Bearer ${bearer}` };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { ...headers, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** The URL without its password, for messages. */
export function publicUrl(source: URL): URL {
  const url = new URL(source);
  [url.username, url.password] = ['', ''];
  return url;
}

/** An unknown host or an untrusted certificate: another attempt would only waste time. */
const hopeless = /^(ENOTFOUND|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;

/** The error of a request or of reading a file, with its reason. */
export function asTransferError(error: unknown, transient: boolean): TransferError {
  // fetch says only 'fetch failed' or 'terminated'; the reason is its cause.
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  for (const known of [error, cause]) if (known instanceof TransferError) return known;
  const reason = cause?.message || cause?.code || message;
  return new TransferError(reason, transient && !hopeless.test(cause?.code ?? ''), { cause: error });
}
