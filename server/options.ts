import * as v from 'valibot';
import { type EngineName, engineNames } from '../engine/index.ts';
import { MOST, numberWithin, positiveWithin, wholeWithin } from '../io/bounds.ts';
import { parseConfig } from '../io/config.ts';
import { plainHost } from './access.ts';

/** A day: timers of Node hold no more than 25. */
const MOST_SECONDS = 86_400;
const seconds = positiveWithin(MOST_SECONDS);

/** What a browser sends as `Origin`: scheme, host and port, no path. `*` is every page's. */
const isOrigin = (text: string): boolean =>
  text === '*' || (URL.canParse(text) && new URL(text).origin === text.toLowerCase());
const origin = v.pipe(v.string(), v.check(isOrigin, 'must be an origin, such as https://example.org, or *'));

const schema = v.strictObject({
  models: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)),
  engine: v.optional(v.picklist(['auto', ...engineNames]), 'auto'),
  threads: v.optional(wholeWithin(1, MOST.threads)),
  batch: v.optional(wholeWithin(1, MOST.batch)),
  window_ms: v.optional(numberWithin(0, 60_000), 30),
  queue: v.optional(wholeWithin(1, 1e6), 64),
  queue_bytes: v.optional(wholeWithin(1, 2 ** 36), 160 * 2 ** 20),
  timeout_s: v.optional(seconds, 30),
  max_bytes: v.optional(wholeWithin(1, 2 ** 31), 20 * 2 ** 20),
  max_pixels: v.optional(wholeWithin(1, 1e9), 50_000_000),
  max_files: v.optional(wholeWithin(1, 10_000), 16),
  token: v.optional(v.pipe(v.string(), v.minLength(8, 'must have at least 8 characters'))),
  allow_hosts: v.optional(v.array(v.pipe(v.string(), v.transform(plainHost), v.nonEmpty('must be a host name'))), []),
  cors: v.optional(v.array(origin), []),
  grace_s: v.optional(seconds, 20),
});

/** What a service is told, in plain data. */
export interface ServerOptions {
  /** Known models or model files, classifiers and detectors; the first of each kind answers where none is named. */
  readonly models: readonly string[];
  readonly engine?: EngineName | 'auto' | undefined;
  readonly threads?: number | undefined;
  /** Images computed at once; by default what suits the model. */
  readonly batch?: number | undefined;
  /** Milliseconds that a batch which is not full waits for images that are being decoded. */
  readonly window_ms?: number | undefined;
  /** Images of each model, and bodies on their way, that may wait; what comes beyond is answered with 503. */
  readonly queue?: number | undefined;
  /** Bytes of requests that are read or answered at a time; what comes beyond is answered with 503. */
  readonly queue_bytes?: number | undefined;
  /** Seconds that an answer may take. */
  readonly timeout_s?: number | undefined;
  /** Bytes of a request, and of an image in it; half of them where it is JSON. */
  readonly max_bytes?: number | undefined;
  /** Pixels of an image, as its header tells. */
  readonly max_pixels?: number | undefined;
  /** Images of a request. */
  readonly max_files?: number | undefined;
  /** Who does not send it as bearer token is turned away. */
  readonly token?: string | undefined;
  /** Names under which the service may be asked besides localhost and addresses. With a token, any will do. */
  readonly allow_hosts?: readonly string[] | undefined;
  /** Origins whose pages may ask from a browser; none by default. */
  readonly cors?: readonly string[] | undefined;
  /** Seconds in which accepted requests are answered when the service is told to end. */
  readonly grace_s?: number | undefined;
}

type WithDefault =
  | 'engine'
  | 'window_ms'
  | 'queue'
  | 'queue_bytes'
  | 'timeout_s'
  | 'max_bytes'
  | 'max_pixels'
  | 'max_files'
  | 'allow_hosts'
  | 'cors'
  | 'grace_s';

/** The same, complete. */
export type ServerSettings = ServerOptions & { readonly [Name in WithDefault]-?: NonNullable<ServerOptions[Name]> };

/** @throws ResnetCocoError BAD_CONFIG, naming the field */
export function serverSettings(options: ServerOptions): ServerSettings {
  return parseConfig(schema, options, 'server', () => undefined);
}
