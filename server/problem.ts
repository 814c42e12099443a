import { ResnetCocoError } from '../errors.ts';

/** The problems of a request and their HTTP statuses. */
const statuses = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  HOST_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BAD_IMAGE: 422,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  TOO_BUSY: 503,
  TIMEOUT: 504,
} as const;

export type ProblemCode = keyof typeof statuses;

/** Why a request fails: a stable code, a message for people, an HTTP status. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  /** Seconds after which to try again. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.status = statuses[code];
    this.retryAfter = retryAfter;
  }

  get body() {
    return { error: { code: this.code, message: this.message } };
  }
}

/** Maximum characters of a client's value in an answer. */
const ECHOED = 60;

/** A client's text, cut for an answer. */
export const cut = (text: string): string => (text.length > ECHOED ? `${text.slice(0, ECHOED)}…` : text);

/** A client's value in an answer: cut short; only the kind of an array or object. */
export function echoed(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(cut(value));
}

/** Any error as a problem. Details of errors that are not the client's go only to the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ResnetCocoError && error.code === 'BAD_IMAGE') return new Problem('BAD_IMAGE', error.message);
  const { code, message, statusCode } = error as { code?: string; message?: string; statusCode?: number };
  if (statusCode === 413) return new Problem('TOO_LARGE', sentence(message));
  if (statusCode === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE', WAYS);
  if (statusCode === 408) return new Problem('REQUEST_TIMEOUT', sentence(message));
  if (statusCode === 503) return new Problem('TOO_BUSY', 'the service is ending; ask another instance', 1);
  const isTheirs = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  if (isTheirs || code?.startsWith('FST_')) return new Problem('BAD_REQUEST', sentence(message));
  return new Problem('INTERNAL', 'an internal error; see the log of the service');
}

const sentence = (message = 'the request is broken'): string => message.replace(/^./, (first) => first.toLowerCase());

export const WAYS =
  'send multipart/form-data with files, a body of type image/jpeg or image/png, or JSON {"image": base64}';
