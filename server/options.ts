import * as v from 'valibot';
import { parseConfig } from '../backbone/index.ts';
import { MOST, numberWithin, positiveWithin, wholeWithin } from '../bounds.ts';
import { engineNames } from '../engine/index.ts';
import { plainHost } from './access.ts';

/** A day: timers of Node hold no more than 25. */
const MOST_SECONDS = 86_400;
const seconds = positiveWithin(MOST_SECONDS);

const schema = v.strictObject({
  /** Known models or model files, classifiers and detectors; the first of each kind answers where none is named. */
  models: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)),
  engine: v.optional(v.picklist(['auto', ...engineNames]), 'auto'),
  threads: v.optional(wholeWithin(1, MOST.threads)),
  /** Images computed at once; by default what suits the model. */
  batch: v.optional(wholeWithin(1, MOST.batch)),
  /** Milliseconds that a batch which is not full waits for images that are being decoded. */
  window_ms: v.optional(numberWithin(0, 60_000), 30),
  /** Images of each model, and bodies on their way, that may wait; what comes beyond is answered with 503. */
  queue: v.optional(wholeWithin(1, 1e6), 64),
  /** Bytes of requests that are read or answered at a time; what comes beyond is answered with 503. */
  queue_bytes: v.optional(wholeWithin(1, 2 ** 36), 160 * 2 ** 20),
  /** Seconds that an answer may take. */
  timeout_s: v.optional(seconds, 30),
  /** Bytes of a request, and of an image in it; half of them where it is JSON. */
  max_bytes: v.optional(wholeWithin(1, 2 ** 31), 20 * 2 ** 20),
  /** Pixels of an image, as its header tells. */
  max_pixels: v.optional(wholeWithin(1, 1e9), 50_000_000),
  /** Images of a request. */
  max_files: v.optional(wholeWithin(1, 10_000), 16),
  /** Who does not send it as bearer token is turned away. */
  token: v.optional(v.pipe(v.string(), v.minLength(8, 'must have at least 8 characters'))),
  /** Names under which the service may be asked besides localhost and addresses. With a token, any will do. */
  allow_hosts: v.optional(v.array(v.pipe(v.string(), v.transform(plainHost), v.nonEmpty('must be a host name'))), []),
  /** Origins whose pages may ask from a browser; none by default. */
  cors: v.optional(v.array(v.string()), []),
  /** Seconds in which accepted requests are answered when the service is told to end. */
  grace_s: v.optional(seconds, 20),
});

/** What a service is told, in plain data. */
export type ServerOptions = Readonly<v.InferInput<typeof schema>>;

/** The same, complete. */
export type ServerSettings = Readonly<v.InferOutput<typeof schema>>;

/** @throws ResnetCocoError BAD_CONFIG, naming the field */
export function serverSettings(options: ServerOptions): ServerSettings {
  return parseConfig(schema, options, 'server', () => undefined);
}
