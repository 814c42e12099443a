import * as v from 'valibot';
import { type EngineName, engineNames } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { numberWithin, positiveWithin, wholeWithin } from '../io/bounded-values.ts';
import { MOST } from '../io/bounds.ts';
import { parseConfig } from '../io/config.ts';
import { checkArgument, unknownOption } from '../io/options.ts';
import { plainHost } from './access.ts';

/** A day. Node's timers hold at most 25 days. */
const MOST_SECONDS = 86_400;
const seconds = positiveWithin(MOST_SECONDS);

/** Whether the text is an `Origin` as browsers send it (scheme, host and port, no path), or `*` for any. */
const isOrigin = (text: string): boolean =>
  text === '*' || (URL.canParse(text) && new URL(text).origin === text.toLowerCase());
const origin = v.pipe(v.string(), v.check(isOrigin, 'must be an origin, such as https://example.org, or *'));

const schema = v.strictObject({
  models: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)),
  engine: v.optional(v.picklist(['auto', ...engineNames]), 'auto'),
  threads: v.optional(wholeWithin(1, MOST.threads)),
  batch: v.optional(wholeWithin(1, MOST.batch)),
  windowMs: v.optional(numberWithin(0, 60_000), 30),
  queue: v.optional(wholeWithin(1, 1e6), 64),
  queueBytes: v.optional(wholeWithin(1, 2 ** 36), 160 * 2 ** 20),
  timeoutSeconds: v.optional(seconds, 30),
  maxBytes: v.optional(wholeWithin(1, 2 ** 31), 20 * 2 ** 20),
  maxPixels: v.optional(wholeWithin(1, 1e9), 50_000_000),
  maxFiles: v.optional(wholeWithin(1, 10_000), 16),
  token: v.optional(v.pipe(v.string(), v.minLength(8, 'must have at least 8 characters'))),
  allowHosts: v.optional(v.array(v.pipe(v.string(), v.transform(plainHost), v.nonEmpty('must be a host name'))), []),
  cors: v.optional(v.array(origin), []),
  graceSeconds: v.optional(seconds, 20),
});

/** The options of a service, as plain data. */
export interface ServerOptions {
  /** Names or files of classifiers and detectors. The first of each kind answers requests that name no model. */
  readonly models: readonly string[];
  readonly engine?: EngineName | 'auto' | undefined;
  readonly threads?: number | undefined;
  /** Images per batch. Default: what suits the model. */
  readonly batch?: number | undefined;
  /** Milliseconds that a batch which is not full waits for images that are being decoded. */
  readonly windowMs?: number | undefined;
  /** How many images of each model may wait, and how many bodies may be arriving; beyond it the answer is 503. */
  readonly queue?: number | undefined;
  /** Maximum total bytes of the requests in memory; beyond it the answer is 503. */
  readonly queueBytes?: number | undefined;
  /** Maximum seconds for an answer. */
  readonly timeoutSeconds?: number | undefined;
  /** Maximum bytes of a request and of an image in it; half as many for JSON. */
  readonly maxBytes?: number | undefined;
  /** Maximum pixels of an image, read from its header. */
  readonly maxPixels?: number | undefined;
  /** Maximum images in a request. */
  readonly maxFiles?: number | undefined;
  /** Requests without this bearer token are refused. */
  readonly token?: string | undefined;
  /** Host names that the service accepts besides localhost and addresses. With a token, any name is accepted. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins whose pages may call the service from a browser; none by default. */
  readonly cors?: readonly string[] | undefined;
  /** Seconds to answer accepted requests when the service ends. */
  readonly graceSeconds?: number | undefined;
}

type WithDefault =
  | 'engine'
  | 'windowMs'
  | 'queue'
  | 'queueBytes'
  | 'timeoutSeconds'
  | 'maxBytes'
  | 'maxPixels'
  | 'maxFiles'
  | 'allowHosts'
  | 'cors'
  | 'graceSeconds';

/** The options with their defaults filled in. */
export type ServerSettings = ServerOptions & { readonly [Name in WithDefault]-?: NonNullable<ServerOptions[Name]> };

/** Former names of options, which still work. */
const former = new Map(
  Object.entries({
    window_ms: 'windowMs',
    queue_bytes: 'queueBytes',
    timeout_s: 'timeoutSeconds',
    max_bytes: 'maxBytes',
    max_pixels: 'maxPixels',
    max_files: 'maxFiles',
    allow_hosts: 'allowHosts',
    grace_s: 'graceSeconds',
  }),
);

/**
 * @throws USAGE when an option is unknown, or given by its former and its present name
 * @throws BAD_CONFIG when an option is missing or invalid; the message names the field
 */
export function serverSettings(options: ServerOptions): ServerSettings {
  const call = 'createServer';
  checkArgument(call, 'its options', options ?? {}, 'object');
  const named = Object.entries(options ?? {}).map(([name, value]) => [former.get(name) ?? name, value] as const);
  const known = Object.keys(schema.entries);
  for (const name of Object.keys(options ?? {})) {
    const present = former.get(name);
    if (present === undefined && !known.includes(name)) throw unknownOption(call, name, known);
    if (present === undefined || !Object.hasOwn(options, present)) continue;
    throw new ResnetCocoError('USAGE', `${call}: \`${name}\` is the former name of \`${present}\`; give one of them`);
  }
  return parseConfig(schema, Object.fromEntries(named), 'server', () => undefined);
}
