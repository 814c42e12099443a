import { dirname, join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { cacheFolder } from '../io/download/cache-folder.ts';
import { download, type FetchOptions, fetchOptionKinds, type Patience } from '../io/download/download.ts';
import { offlineHint, sourceOf } from '../io/download/mirror.ts';
import { checkArgument, checkOptions } from '../io/options.ts';
import { isFile } from '../io/regular-file.ts';
import { findModel, type KnownModel, knownModels } from './known-models.ts';

/** A known model without its configuration, and whether it is on this machine. */
export interface ModelListing extends Omit<KnownModel, 'config'> {
  readonly cached: boolean;
  /** Where its weights lie or would lie. */
  readonly path: string;
}

/** Where a known model's weights lie once they are fetched, or are to be put by hand. */
const modelPath = ({ file }: Pick<KnownModel, 'file'>): string => join(cacheFolder(), file);

/**
 * A known model's weight file, downloaded on first use, continued if an earlier download broke off, and checked against
 * its published hash. One that is in the cache folder is returned at once, wherever it came from.
 *
 * With the environment's `RESNET_COCO_MIRROR`, an http:, https: or file: URL, the file comes from that URL + `/` + the
 * file's name, such as `https://mirror.example/weights/resnet18-f37072fd.pth`, and from nowhere else. PyTorch's own
 * cache will do: `file:///home/me/.cache/torch/hub/checkpoints`.
 *
 * @returns the file's path
 * @throws ResnetCocoError USAGE for an unknown option; UNKNOWN_MODEL, DOWNLOAD_FAILED, FILE_NOT_WRITABLE; the signal's
 *   reason, if aborted
 */
export async function fetchModel(name: string, options: FetchOptions = {}): Promise<string> {
  checkArgument('fetchModel', 'the model', name, 'text');
  checkOptions('fetchModel', options, fetchOptionKinds);
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
    await download(sourceOf(model), path, { algorithm: 'sha256', hex: model.hashPrefix }, options, patience);
  } catch (cause) {
    // Another process may have put it in place meanwhile.
    if (!options.signal?.aborted && isFile(path)) return path;
    if (!(cause instanceof ResnetCocoError && cause.code === 'DOWNLOAD_FAILED')) throw cause;
    const remedy = offlineHint(`put ${model.file} into ${dirname(path)}`);
    throw new ResnetCocoError('DOWNLOAD_FAILED', `${model.name}: not fetched: ${cause.message}. ${remedy}`, {
      cause,
    });
  }
  return path;
}

/** The known models and which of them are on this machine. */
export async function listModels(): Promise<ModelListing[]> {
  return knownModels.map(({ config: _, ...record }) => {
    const path = modelPath(record);
    return { ...record, cached: isFile(path), path };
  });
}
