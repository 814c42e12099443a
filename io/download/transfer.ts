import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A source did not give its file. */
export class TransferError extends Error {
  /** Whether it may go well if tried again. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean, options?: ErrorOptions) {
    super(message, options);
    this.transient = transient;
  }
}

/** A file being sent: its bytes from `start` on. */
export interface Transfer {
  readonly start: number;
  /** The whole file's length, where the source tells. */
  readonly total: number | undefined;
  /** What a later request for the rest must name, so that it gets the rest of this very file (RFC 9110, If-Range). */
  readonly validator: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A part that is here of a file, from an earlier transfer. */
export interface Part {
  readonly size: number;
  readonly validator: string;
}

export const validatorFile = (part: string): string => `${part}.etag`;

/** What is here of a file, if it can be continued. */
export async function readPart(part: string): Promise<Part | undefined> {
  const size = await sizeOf(part);
  const validator = await readFile(validatorFile(part), 'utf8').catch(() => '');
  return size && validator ? { size, validator } : undefined;
}

export async function discardPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(validatorFile(part), { force: true });
}

/** The length of a file; 0 where there is none. */
export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/**
 * Opens the file that `source` names, after what `part` has of it if the source can continue there, else from the start.
 *
 * @param signal closes the transfer; where its reason is a TransferError, that is what is thrown
 * @throws TransferError, now or while reading
 */
export const openTransfer = (source: URL, part: Part | undefined, signal: AbortSignal): Promise<Transfer> =>
  source.protocol === 'file:' ? openFile(source, signal) : openHttp(source, part, signal);

async function openFile(source: URL, signal: AbortSignal): Promise<Transfer> {
  try {
    const path = fileURLToPath(source);
    const found = await stat(path);
    if (!found.isFile()) throw new TransferError('is no regular file', false);
    const chunks = orTransferError(createReadStream(path, { signal }), false);
    return { start: 0, total: found.size, validator: undefined, chunks };
  } catch (error) {
    throw asTransferError(error, false);
  }
}

async function openHttp(source: URL, part: Part | undefined, signal: AbortSignal): Promise<Transfer> {
  // A compressed answer could be neither measured nor continued.
  const headers: Record<string, string> = { 'accept-encoding': 'identity', ...authorization(source) };
  if (part) Object.assign(headers, { range: `bytes=${part.size}-`, 'if-range': part.validator });
  try {
    const response = await fetch(publicUrl(source), { headers, signal });
    const section = await sectionOf(response, part);
    return { ...section, validator: validatorOf(response), chunks: orTransferError(bodyOf(response), true) };
  } catch (error) {
    throw asTransferError(error, true);
  }
}

/**
 * The bytes of an answer. It holds on to the answer: Node cancels a body that nobody has begun to read once the answer
 * that it belongs to is garbage, and what is left looks like a connection that ended early.
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

/** Which bytes of the file an answer holds. */
async function sectionOf(response: Response, part: Part | undefined): Promise<Pick<Transfer, 'start' | 'total'>> {
  const { status, statusText, headers } = response;
  if (status === 200) {
    const length = headers.get('content-length');
    const isPlain = (headers.get('content-encoding') ?? 'identity') === 'identity';
    return { start: 0, total: length !== null && isPlain ? Number(length) : undefined };
  }
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const total = range && range[2] !== '*' ? Number(range[2]) : undefined;
  if (part && status === 206 && range?.[1] === String(part.size)) return { start: part.size, total };
  await response.body?.cancel();
  // Nothing is left to send where the earlier transfer ended just before its file was put in place.
  if (part && status === 416 && total === part.size) return { start: part.size, total };
  if (part && (status === 206 || status === 416))
    throw new UnusablePart(`the server does not continue at ${part.size}`);
  throw new TransferError(
    `HTTP ${status} ${statusText}`.trim(),
    status === 408 || status === 425 || status === 429 || status >= 500,
  );
}

/** The part that is here does not fit what the source has. */
export class UnusablePart extends TransferError {
  constructor(message: string) {
    super(message, true);
  }
}

/** A strong ETag or else the date: If-Range takes no weak ETag. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return (etag?.startsWith('"') ? etag : headers.get('last-modified')) ?? undefined;
}

/** For the user and password that a mirror's URL may hold, with which fetch would refuse it. */
function authorization({ username, password }: URL): Record<string, string> {
  if (!username) return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** The URL as it may be shown. */
export function publicUrl(source: URL): URL {
  const url = new URL(source);
  [url.username, url.password] = ['', ''];
  return url;
}

/** No such host, or one whose certificate is not trusted: trying again would only take time. */
const hopeless = /^(ENOTFOUND|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;

function asTransferError(error: unknown, transient: boolean): TransferError {
  // fetch says no more than 'fetch failed' or 'terminated'; the reason is its cause.
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  for (const known of [error, cause]) if (known instanceof TransferError) return known;
  const reason = cause?.message || cause?.code || message;
  return new TransferError(reason, transient && !hopeless.test(cause?.code ?? ''), { cause: error });
}
