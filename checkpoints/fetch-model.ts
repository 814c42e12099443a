import { dirname, join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { cacheFolder } from '../io/download/cache-folder.ts';
import { download, type FetchOptions, fetchOptionKinds } from '../io/download/download.ts';
import { offlineHint, sourceOf } from '../io/download/mirror.ts';
import type { Patience } from '../io/download/patience.ts';
import { checkArgument, checkOptions } from '../io/options.ts';
import { isFile } from '../io/regular-file.ts';
import { fetchHubModel, storedHubModel } from './hub/fetch-hub-model.ts';
import { isHubName } from './hub/hub-name.ts';
import { type HubModel, hubModels } from './hub-models.ts';
import { findModel, type KnownModel, knownModels } from './known-models.ts';

/** A known model without its configuration, and whether it is on this machine. */
export interface ModelListing extends Omit<KnownModel, 'config'> {
  readonly cached: boolean;
  /** The path of its weights, fetched or not. */
  readonly path: string;
}

/** A recommended model of the Hugging Face hub, and whether it is on this machine. */
export interface HubModelListing extends HubModel {
  readonly cached: boolean;
  /** The path of its weights, or of the folder that they would be in. */
  readonly path: string;
}

/** Where `fetchModel` stores a known model's weights; users may also put the file there. */
const modelPath = ({ file }: Pick<KnownModel, 'file'>): string => join(cacheFolder(), file);

/**
 * Downloads the weights of a known model, or of one on the Hugging Face hub (`hf:owner/name[@revision][/file]`), on first
 * use, and checks them against their published hash. Resumes an interrupted download. A file that is already in the
 * cache folder is returned at once; of a branch of the hub, it is first asked whether it has changed.
 *
 * If the environment variable `RESNET_COCO_MIRROR` is set to an http:, https: or file: URL, a known model's file comes
 * only from that URL + `/` + the file's name, such as `https://mirror.example/weights/resnet18-f37072fd.pth`. PyTorch's own cache
 * works too: `file:///home/me/.cache/torch/hub/checkpoints`.
 *
 * @returns the file's path
 * @throws ResnetCocoError USAGE for an unknown option; UNKNOWN_MODEL, DOWNLOAD_FAILED, FILE_NOT_WRITABLE; the signal's
 *   reason, if aborted
 */
export async function fetchModel(name: string, options: FetchOptions = {}): Promise<string> {
  checkArgument('fetchModel', 'the model', name, 'text');
  checkOptions('fetchModel', options, fetchOptionKinds);
  return await (isHubName(name) ? fetchHubModel(name, options) : fetchWeights(findModel(name), options));
}

/** `fetchModel` for a record of a model. */
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
    // Another process may have downloaded it in the meantime.
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

/** The recommended models of the hub, and which of them are on this machine. */
export async function listHubModels(): Promise<HubModelListing[]> {
  return await Promise.all(hubModels.map(async (record) => ({ ...record, ...(await storedHubModel(record.name)) })));
}
