import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ResnetCocoError } from '../../errors.ts';
import { cacheFolder } from './cache-folder.ts';
import { download, type FetchOptions, type Patience } from './download.ts';
import { findModel, type KnownModel, knownModels } from './known-models.ts';

/** A known model without its configuration, and whether it is on this machine. */
export interface ModelListing extends Omit<KnownModel, 'config'> {
  readonly cached: boolean;
  /** Where its weights lie or would lie. */
  readonly path: string;
}

/** Where a known model's weights lie once they are fetched, or are to be put by hand. */
export const modelPath = ({ file }: Pick<KnownModel, 'file'>): string => join(cacheFolder(), file);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * A known model's weight file, downloaded on first use, continued if an earlier download broke off, and checked against
 * its published hash. One that is in the cache folder is returned at once, wherever it came from.
 *
 * With the environment's `RESNET_COCO_MIRROR`, an http:, https: or file: URL, the file comes from that URL + `/` + the
 * file's name, such as `https://mirror.example/weights/resnet18-f37072fd.pth`, and from nowhere else. PyTorch's own
 * cache will do: `file:///home/me/.cache/torch/hub/checkpoints`.
 *
 * @returns the file's path
 * @throws ResnetCocoError UNKNOWN_MODEL, DOWNLOAD_FAILED, FILE_NOT_WRITABLE; the signal's reason, if aborted
 */
export async function fetchModel(name: string, options: FetchOptions = {}): Promise<string> {
  return await fetchWeights(findModel(name), options);
}

/** `fetchModel` of any record. */
export async function fetchWeights(
  model: Pick<KnownModel, 'name' | 'file' | 'url' | 'hashPrefix'>,
  options: FetchOptions = {},
  patience?: Patience,
): Promise<string> {
  const path = modelPath(model);
  if (isFile(path)) return path;
  try {
    await download(sourceOf(model), path, model.hashPrefix, options, patience);
  } catch (cause) {
    // Another process may have put it in place meanwhile.
    if (!options.signal?.aborted && isFile(path)) return path;
    if (!(cause instanceof ResnetCocoError && cause.code === 'DOWNLOAD_FAILED')) throw cause;
    const remedy = `Without a connection: put ${model.file} into ${dirname(path)}, or set RESNET_COCO_MIRROR to the URL (https: or file:) of a folder that has it`;
    const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
    const hint =
      proxy && !process.env.NODE_USE_ENV_PROXY ? '; Node 22.21 and later use HTTPS_PROXY if NODE_USE_ENV_PROXY=1' : '';
    throw new ResnetCocoError('DOWNLOAD_FAILED', `${model.name}: not fetched: ${cause.message}. ${remedy}${hint}`, {
      cause,
    });
  }
  return path;
}

function sourceOf({ file, url }: Pick<KnownModel, 'file' | 'url'>): URL {
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

/** The known models and which of them are on this machine. */
export async function listModels(): Promise<ModelListing[]> {
  return knownModels.map(({ config: _, ...record }) => {
    const path = modelPath(record);
    return { ...record, cached: isFile(path), path };
  });
}
