import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { cacheFolder } from '../../io/download/cache-folder.ts';
import { download, type FetchOptions, fetchOptionKinds } from '../../io/download/download.ts';
import { offlineHint, sourceOf } from '../../io/download/mirror.ts';
import { atUsersRegistry } from '../../io/download/npm-registry.ts';
import type { Patience } from '../../io/download/patience.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../io/options.ts';
import { isFile, isFolder } from '../../io/regular-file.ts';
import { type DatasetArchive, findDataset, type KnownDataset, knownDatasets } from './known-datasets.ts';

/** Settings of `fetchDataset`. */
export interface FetchDatasetOptions extends FetchOptions {
  /** The folder to unpack to; by default one in the cache. */
  readonly out?: string;
}

const kinds: OptionKinds<FetchDatasetOptions> = { ...fetchOptionKinds, out: 'text' };

/** A known data set, and whether it is on this machine. */
export interface DatasetListing extends Omit<KnownDataset, 'sources'> {
  /** Size of its archives together. */
  readonly bytes: number;
  readonly url: readonly string[];
  readonly cached: boolean;
  /** Where it is or would be. */
  readonly path: string;
}

export const datasetFolder = (name: string): string => join(cacheFolder(), 'datasets', name);

const isThere = (folder: string, archives: readonly DatasetArchive[]): boolean =>
  archives.every((archive) => isFolder(join(folder, archive.folder)));

/** The known data sets, and whether they are in the cache. */
export function listDatasets(): DatasetListing[] {
  return knownDatasets.map(({ sources, ...record }) => {
    const path = datasetFolder(record.name);
    return {
      ...record,
      bytes: sources[0].reduce((sum, { bytes }) => sum + bytes, 0),
      url: sources[0].map(({ url }) => url),
      cached: sources.some((archives) => isThere(path, archives)),
      path,
    };
  });
}

/**
 * Returns a known data set's folder. At first use it downloads the archives, continues an interrupted download, checks
 * the published digests and unpacks. With the environment's `RESNET_COCO_MIRROR`, archives are only fetched from that
 * URL + `/` + their names.
 *
 * @returns the folder
 * @throws ResnetCocoError USAGE when the name or an option is unknown
 * @throws ResnetCocoError DOWNLOAD_FAILED when an archive cannot be fetched
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder cannot be written
 * @throws ResnetCocoError BAD_DATASET when an archive is damaged; the signal's reason when aborted
 */
export async function fetchDataset(name: string, options: FetchDatasetOptions = {}): Promise<string> {
  checkArgument('fetchDataset', 'the data set', name, 'text');
  checkOptions('fetchDataset', options, kinds);
  return fetchKnown(findDataset(name), options);
}

/** `fetchDataset` for any record. */
export async function fetchKnown(
  { name, sources }: Pick<KnownDataset, 'name' | 'sources'>,
  options: FetchDatasetOptions = {},
  patience?: Patience,
): Promise<string> {
  const { out, onNote } = options;
  const folder = out === undefined ? datasetFolder(name) : resolve(out);
  if (sources.some((archives) => isThere(folder, archives))) return folder;
  const failures: string[] = [];
  for (const [index, archives] of sources.entries()) {
    try {
      for (const archive of archives) await fetchArchive(archive, folder, options, patience);
      return folder;
    } catch (error) {
      if (!(error instanceof ResnetCocoError && error.code === 'DOWNLOAD_FAILED')) throw error;
      failures.push(error.message);
      if (index + 1 < sources.length) onNote?.(`not fetched: ${error.message}; trying another source`);
    }
  }
  const files = sources[0].map(({ file }) => file).join(' and ');
  const message = `${name}: not fetched: ${failures.join('; ')}. ${offlineHint(`unpack ${files} into ${folder}`)}`;
  throw new ResnetCocoError('DOWNLOAD_FAILED', message);
}

async function fetchArchive(
  archived: DatasetArchive,
  into: string,
  options: FetchDatasetOptions,
  patience: Patience | undefined,
): Promise<void> {
  const { file, url, digest, contents, folder } = archived;
  const target = join(into, folder);
  if (isFolder(target)) return;
  const archive = join(into, file);
  const source = sourceOf({ file, url: process.env.RESNET_COCO_MIRROR ? url : await atUsersRegistry(url) });
  const isLeftover = isFile(archive);
  await download(source, archive, digest, options, patience);
  options.onNote?.(`unpacking ${file}`);
  const { unpackFolder } = await import('../../io/download/unpack.ts');
  try {
    await unpackFolder(archive, folder, target, { contents, signal: options.signal });
  } catch (error) {
    if (!(error instanceof ResnetCocoError && error.code === 'BAD_DATASET')) throw error;
    await rm(archive, { force: true });
    // Without a digest, the part of an archive that an earlier process left may be damaged.
    if (isLeftover) return fetchArchive(archived, into, options, patience);
    throw error;
  }
  await rm(archive, { force: true });
}
