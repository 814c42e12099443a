import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ResnetCocoError } from '../../errors.ts';

/**
 * The source of a published file: its own URL, or, with the environment's `RESNET_COCO_MIRROR`, that URL + `/` + the
 * file's name.
 *
 * @throws ResnetCocoError DOWNLOAD_FAILED when the mirror is not an http:, https: or file: URL
 */
export function sourceOf({ file, url }: { readonly file: string; readonly url: string }): URL {
  const mirror = process.env.RESNET_COCO_MIRROR;
  if (!mirror) return new URL(url);
  const source = isAbsolute(mirror) ? undefined : parseUrl(`${mirror.replace(/\/+$/, '')}/${file}`);
  if (source && /^(https?|file):$/.test(source.protocol)) return source;
  const hint = existsSync(mirror) ? `; for that folder, ${pathToFileURL(mirror)}` : '';
  throw new ResnetCocoError(
    'DOWNLOAD_FAILED',
    `RESNET_COCO_MIRROR is '${mirror}', not an https:, http: or file: URL${hint}`,
  );
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The remedy when the source cannot be reached; `byHand` says which file to put where. */
export const offlineHint = (byHand: string): string =>
  `Without a connection: ${byHand}, or set RESNET_COCO_MIRROR to the URL (https: or file:) of a folder that has it${proxyHint()}`;

/** What to do if the environment names a proxy that Node does not use. */
export function proxyHint(): string {
  const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
  return proxy && !process.env.NODE_USE_ENV_PROXY
    ? '; Node 22.21 and later use HTTPS_PROXY if NODE_USE_ENV_PROXY=1'
    : '';
}
