import type { FastifyRequest } from 'fastify';
import { cut, Problem } from './problem.ts';

const tooLarge = (limit: number): Problem => new Problem('TOO_LARGE', `a request of this type may have ${limit} bytes`);

/**
 * Checks the announced length of a body before reading it.
 *
 * @throws TOO_LARGE when it is above the limit
 */
export function checkLength({ headers }: FastifyRequest, limit: number): void {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
}

/**
 * Refuses compressed bodies: the service does not decompress them.
 *
 * @throws UNSUPPORTED_MEDIA_TYPE when Content-Encoding is not identity
 */
export function checkEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || /^(\s*identity\s*,?)*$/i.test(encoding)) return;
  throw new Problem(
    'UNSUPPORTED_MEDIA_TYPE',
    `Content-Encoding: ${cut(encoding)} is not supported; send the body uncompressed`,
  );
}

/**
 * Reads the body of a request. If the length is announced, memory is allocated once.
 *
 * @throws TOO_LARGE when the body is above the limit
 */
export async function readBody(request: FastifyRequest, limit: number): Promise<Buffer> {
  checkLength(request, limit);
  const announced = request.headers['content-length'];
  const whole = announced === undefined ? undefined : Buffer.allocUnsafeSlow(Number(announced));
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection stays open, so that a refused request still gets its answer.
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (length + chunk.length > limit) throw tooLarge(limit);
    if (whole) chunk.copy(whole, length);
    else chunks.push(chunk);
    length += chunk.length;
  }
  return whole ? whole.subarray(0, length) : Buffer.concat(chunks);
}

/** Limits of a request's JSON, far above what any valid request needs. */
const MAX_DEPTH = 32;
const OTHER_VALUES = 1000;
const VALUES_A_PICTURE = 5;

const [QUOTE, COMMA, BACKSLASH] = [...'",\\'].map((char) => char.charCodeAt(0));
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'[]{}'].map((char) => char.charCodeAt(0));

/**
 * Parses the JSON of a request. Depth and number of values are counted in the text first: parsing a million values
 * would block all other requests.
 *
 * @throws BAD_REQUEST when the JSON is broken or nested too deep
 * @throws TOO_LARGE when it has too many values
 */
export function parseJson(text: Uint8Array, maxPictures: number): unknown {
  const maxValues = OTHER_VALUES + VALUES_A_PICTURE * maxPictures;
  let [depth, values, isInString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (isInString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isInString = false;
      continue;
    }
    if (byte === QUOTE) isInString = true;
    else if (byte === COMMA) values++;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      if (++depth > MAX_DEPTH) throw new Problem('BAD_REQUEST', `the JSON is nested more than ${MAX_DEPTH} deep`);
    }
    if (values > maxValues) {
      const limits = `a request may have ${maxPictures} images, and its JSON ${maxValues} values`;
      throw new Problem('TOO_LARGE', `${limits}; this JSON has more`);
    }
  }
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch (error) {
    throw new Problem('BAD_REQUEST', `the JSON is broken: ${cut((error as Error).message)}`);
  }
}
