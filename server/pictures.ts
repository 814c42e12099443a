import type {} from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { decodingCost, scansProblem } from '../datasets/index.ts';
import { parseJson, readBody } from './body.ts';
import type { ServerSettings } from './options.ts';
import { cut, echoed, Problem, problemOf, WAYS } from './problem.ts';

/** An image as it was sent. */
export interface Picture {
  /** The client's name for it; never used as a path. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The content of a request: images, and the fields beside them. */
export interface Upload {
  readonly pictures: readonly Picture[];
  readonly fields: Readonly<Record<string, unknown>>;
}

type Limits = Pick<ServerSettings, 'maxBytes' | 'maxFiles' | 'maxPixels'>;

/**
 * Reads the images of a request: files of a multipart form, a body that is an image itself, or base64 in JSON.
 *
 * @throws BAD_REQUEST when the body is malformed or has no image
 * @throws TOO_LARGE when it has too many bytes or images
 * @throws UNSUPPORTED_MEDIA_TYPE when its type is another
 */
export async function receive(request: FastifyRequest, limits: Limits): Promise<Upload> {
  const upload = await received(request, limits);
  if (!upload.pictures.length) throw new Problem('BAD_REQUEST', `there is no image in the request: ${WAYS}`);
  if (upload.pictures.length > limits.maxFiles) throw tooMany(limits);
  return upload;
}

/** Bytes of a form beside its images. */
const FORM_OVERHEAD = 100_000;

const isJson = ({ headers }: FastifyRequest) => /^\s*application\/json\b/i.test(headers['content-type'] ?? '');

/** Whether the body itself is an image, and not a form or JSON with images. */
export const isPictureItself = (request: FastifyRequest): boolean => !request.isMultipart() && !isJson(request);

/** Maximum bytes of a request of this type. */
export function bodyLimit(request: FastifyRequest, { maxBytes }: Limits): number {
  if (request.isMultipart()) return maxBytes + FORM_OVERHEAD;
  return isJson(request) ? Math.ceil(maxBytes / 2) : maxBytes;
}

async function received(request: FastifyRequest, limits: Limits): Promise<Upload> {
  if (request.isMultipart()) return await ofForm(request, limits);
  if (request.headers['content-type'] === undefined) throw new Problem('BAD_REQUEST', `the request is empty: ${WAYS}`);
  const limit = bodyLimit(request, limits);
  if (isJson(request)) {
    const body = parseJson(await readBody(request, limit), limits.maxFiles);
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return ofJson(body as Record<string, unknown>, limits);
    throw new Problem('BAD_REQUEST', `the body must be a JSON object: ${WAYS}`);
  }
  const file = (request.query as { file?: unknown }).file;
  return { pictures: [{ file: fileName(file, 1), bytes: await readBody(request, limit) }], fields: {} };
}

/** Awaits the form reader, and turns its errors into problems. */
async function ofReader<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const { message, statusCode } = error as Error & { statusCode?: number };
    if (statusCode !== undefined) throw problemOf(error);
    throw new Problem('BAD_REQUEST', `the form is broken: ${cut(message)}`);
  }
}

async function ofForm(request: FastifyRequest, limits: Limits): Promise<Upload> {
  const pictures: Picture[] = [];
  const fields: Record<string, unknown> = Object.create(null);
  let bytes = 0;
  const parts = request.parts();
  for (;;) {
    const { done, value: part } = await ofReader(parts.next());
    if (done) return { pictures, fields };
    if (part.type === 'field') {
      if (part.fieldname in fields) throw new Problem('BAD_REQUEST', `${echoed(part.fieldname)} is in the form twice`);
      fields[part.fieldname] = part.value;
      continue;
    }
    if (pictures.length === limits.maxFiles) throw tooMany(limits);
    const content = await ofReader(part.toBuffer());
    bytes += content.length;
    if (bytes > limits.maxBytes) throw new Problem('TOO_LARGE', `a request may have ${limits.maxBytes} bytes`);
    pictures.push({ file: fileName(part.filename, pictures.length + 1), bytes: content });
  }
}

/** `{"image": base64}` or `{"images": [base64 or {"file", "data"}, …]}`. Data URLs are accepted as base64. */
function ofJson({ image, images, ...fields }: Record<string, unknown>, limits: Limits): Upload {
  if (image !== undefined && images !== undefined) throw new Problem('BAD_REQUEST', 'give image or images, not both');
  const list = images === undefined ? (image === undefined ? [] : [image]) : images;
  if (!Array.isArray(list)) throw new Problem('BAD_REQUEST', 'images must be an array');
  if (list.length > limits.maxFiles) throw tooMany(limits);
  const pictures = list.map((item: unknown, i): Picture => {
    const where = images === undefined ? 'image' : `images[${i}]`;
    const { data, file, ...others } =
      typeof item === 'string' ? { data: item, file: undefined } : ((item ?? {}) as Record<string, unknown>);
    const isName = file === undefined || typeof file === 'string';
    if (typeof data !== 'string' || !isName || Object.keys(others).length)
      throw new Problem('BAD_REQUEST', `${where} must be base64, or {"file", "data": base64}`);
    return { file: fileName(file, i + 1), bytes: fromBase64(data, where) };
  });
  return { pictures, fields };
}

function fromBase64(text: string, where: string): Uint8Array {
  if (/^https?:/i.test(text)) {
    throw new Problem(
      'BAD_REQUEST',
      `${where} is a URL, and the service fetches none; send the image itself as base64`,
    );
  }
  const digits = text.replace(/^data:[^,]*;base64,/i, '').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(digits)) throw new Problem('BAD_REQUEST', `${where} is not base64`);
  return Buffer.from(digits, 'base64');
}

/** The last component of the client's file name, without control characters. */
function fileName(name: unknown, number: number): string {
  const last = typeof name === 'string' ? name.slice(-1000).split(/[/\\]/).at(-1)!.replace(/\p{C}/gu, '') : '';
  return last === '' ? `image ${number}` : last;
}

const tooMany = ({ maxFiles }: Limits): Problem =>
  new Problem('TOO_LARGE', `a request may have ${maxFiles} images; send the others in another request`);

/** An image within the limits. */
export interface AcceptedPicture extends Picture {
  /** The cost of decoding it, in pixels; 0 without a readable header: decoding then fails at once. */
  readonly work: number;
}

/** Maximum work of a request, in images of the maximum size. */
const LARGEST_OF_REQUEST = 4;

/**
 * Checks the sizes of images from their headers, before anything is decoded.
 *
 * @returns for each image itself or the Problem TOO_LARGE: it has too many pixels or scans, or too much work together
 * with the images before it
 */
export async function checkPictures(
  pictures: readonly Picture[],
  { maxPixels }: Limits,
): Promise<readonly (AcceptedPicture | Problem)[]> {
  const tooLarge = (file: string, problem: string) => new Problem('TOO_LARGE', `${file}: ${problem}`);
  const most = LARGEST_OF_REQUEST * maxPixels;
  const checked: (AcceptedPicture | Problem)[] = [];
  let total = 0;
  for (const { bytes, file } of pictures) {
    const cost = await decodingCost(bytes);
    const { width = 0, height = 0, work = 0 } = cost ?? {};
    const tooLong = cost && scansProblem(cost, maxPixels);
    const size = `${width}×${height} pixels`;
    if (width * height > maxPixels) {
      checked.push(tooLarge(file, `${size} are more than the ${maxPixels} that this service allows; make it smaller`));
    } else if (tooLong) {
      checked.push(tooLarge(file, tooLong));
    } else if (total + work > most && total > 0) {
      const problem = `with the images before it this is more to decode than the ${most} pixels of a request`;
      checked.push(tooLarge(file, `${problem}; send it in another`));
    } else {
      total += work;
      checked.push({ bytes, file, work });
    }
  }
  return checked;
}
