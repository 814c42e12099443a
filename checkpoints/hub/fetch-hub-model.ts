import { basename, join, posix } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { download, type FetchOptions } from '../../io/download/download.ts';
import { type Patience, usualPatience } from '../../io/download/patience.ts';
import { nearestNames } from '../../io/nearest.ts';
import { isFile } from '../../io/regular-file.ts';
import { CONFIG_FILE, PREPROCESSOR_FILE, WEIGHT_FILES, WEIGHTS } from '../model-folder.ts';
import { isIndex, readIndex } from '../shards.ts';
import { type HubAccess, hubAccess } from './hub-access.ts';
import { commitFolder, repositoryFolder, storeCommit, storedCommit } from './hub-cache.ts';
import { type HubName, isCommit, parseHubName } from './hub-name.ts';
import { HubError, type HubFile, HubRepository } from './hub-repository.ts';

/** Files that describe the weights are far smaller. */
const MOST_DESCRIPTION = 2 ** 26;
/** With the files on this machine, a hub that does not answer is not waited for. */
const hasty: Patience = { ...usualPatience, stallMs: 10_000, retries: 0 };

/**
 * Downloads a model of the hub on first use: its weights, `config.json` and `preprocessor_config.json`, each checked
 * against the hub's hash. Of a branch or tag that is on this machine, only the commit is asked for; a commit needs no
 * connection, and neither does a branch when the hub cannot be reached or `HF_HUB_OFFLINE` is set.
 *
 * @param text `hf:owner/name[@revision][/file]`
 * @returns the path of the weights, or of the index of their shards; what describes them is beside them
 * @throws ResnetCocoError UNKNOWN_MODEL for a name that cannot be one; DOWNLOAD_FAILED, FILE_NOT_WRITABLE; the signal's
 *   reason, if aborted
 */
export async function fetchHubModel(
  text: string,
  options: FetchOptions = {},
  patience: Patience = usualPatience,
): Promise<string> {
  const name = parseHubName(text);
  const access = hubAccess();
  const commit = await storedCommit(name);
  const stored = commit && (await storedWeights(name, commit));
  if (stored && (isCommit(name.revision) || access.offline)) return stored;
  if (access.offline) {
    const problem = `not on this machine, and HF_HUB_OFFLINE forbids to fetch it; unset HF_HUB_OFFLINE, or name a folder that has the files`;
    throw new HubError('unreachable', `${text}: ${problem}`);
  }
  const repository = new HubRepository(name, access, options, stored ? hasty : patience);
  try {
    return await receiveModel(name, repository, (file, folder, most) =>
      receiveFile(file, folder, most, { text, access, options, patience }),
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!stored || !(error instanceof HubError) || error.kind === 'absent') throw error;
    options.onNote?.(`${error.message}. The files of commit ${commit}, which are on this machine, are used`);
    return stored;
  }
}

/** Whether a model of the hub is on this machine, and the path of its weights, or of the folder they would be in. */
export async function storedHubModel(text: string): Promise<{ readonly cached: boolean; readonly path: string }> {
  const name = parseHubName(text);
  const commit = await storedCommit(name);
  const stored = commit === undefined ? undefined : await storedWeights(name, commit);
  return { cached: stored !== undefined, path: stored ?? repositoryFolder(name) };
}

/** The weights of a commit, if they and what belongs to them are on this machine. */
async function storedWeights(name: HubName, commit: string): Promise<string | undefined> {
  const folder = commitFolder(name, commit);
  const files = name.file === undefined ? WEIGHT_FILES : [name.file];
  // Weights are fetched last, so what describes them is there too.
  const weights = files.map((file) => join(folder, file)).find(isFile);
  if (weights === undefined || !isIndex(weights)) return weights;
  const shards = [...(await readIndex(weights)).values()];
  return shards.every(isFile) ? weights : undefined;
}

async function receiveModel(
  name: HubName,
  repository: HubRepository,
  receive: (file: HubFile, folder: string, most?: number) => Promise<string>,
): Promise<string> {
  const weights = await findWeights(name, repository);
  const { commit, path } = weights;
  let stored = await storedWeights(name, commit);
  if (!stored) {
    const folder = join(commitFolder(name, commit), posix.dirname(path));
    for (const file of await descriptions(weights, repository)) await receive(file, folder, MOST_DESCRIPTION);
    stored = await receive(weights, folder);
    if (isIndex(stored)) {
      for (const file of await shardsOf(stored, weights, repository)) await receive(file, folder);
    }
  }
  await storeCommit(name, commit);
  return stored;
}

/** The files that the index of a model names. */
async function shardsOf(index: string, { path, commit }: HubFile, repository: HubRepository): Promise<HubFile[]> {
  const shards: HubFile[] = [];
  for (const shard of new Set((await readIndex(index)).values())) {
    const name = posix.join(posix.dirname(path), basename(shard));
    const file = /\.(safetensors|bin)$/.test(name) ? await repository.describe(name, commit) : undefined;
    if (!file) throw new HubError('absent', `${repository.page} has no file ${name}, which its ${path} names`);
    shards.push(file);
  }
  return shards;
}

/** The weights of a name. @throws HubError that says what is missing */
async function findWeights({ text, file, revision }: HubName, repository: HubRepository): Promise<HubFile> {
  for (const path of file === undefined ? WEIGHT_FILES : [file]) {
    const weights = await repository.describe(path, revision);
    if (weights) return weights;
  }
  const files = await repository.list(revision);
  const wanted = file === undefined ? `neither ${WEIGHT_FILES[0]} nor ${WEIGHT_FILES[2]}` : `no file ${file}`;
  const candidates = file === undefined ? files.filter((path) => WEIGHTS.test(path)) : files;
  const nearest = nearestNames(file ?? WEIGHT_FILES[0], candidates, 3);
  const bare = text.slice(0, file === undefined ? undefined : -file.length - 1);
  const remedy = nearest.length
    ? `write ${nearest.map((path) => `${bare}/${path}`).join(' or ')}`
    : 'it has no weights that load';
  throw new HubError('absent', `${text}: the repository has ${wanted} in revision '${revision}'; ${remedy}`);
}

/** The files that describe weights: beside them, else at the top of the repository. */
async function descriptions({ path, commit }: HubFile, repository: HubRepository): Promise<HubFile[]> {
  const found: HubFile[] = [];
  for (const file of [CONFIG_FILE, PREPROCESSOR_FILE]) {
    for (const folder of new Set([posix.dirname(path), '.'])) {
      const description = await repository.describe(posix.join(folder, file), commit);
      if (description) found.push(description);
      if (description) break;
    }
  }
  return found;
}

interface Terms {
  /** The name of the model, as it was written. */
  readonly text: string;
  readonly access: HubAccess;
  readonly options: FetchOptions;
  readonly patience: Patience;
}

/** Downloads a file into a folder. @returns its path */
async function receiveFile(
  { path, url, digest, bytes }: HubFile,
  folder: string,
  most: number | undefined,
  { text, access, options, patience }: Terms,
): Promise<string> {
  const target = join(folder, posix.basename(path));
  const mostBytes = most === undefined ? bytes : Math.min(bytes ?? most, most);
  try {
    await download(url, target, digest, { ...options, bearer: access.token?.value, mostBytes }, patience);
  } catch (cause) {
    if (!(cause instanceof ResnetCocoError && cause.code === 'DOWNLOAD_FAILED')) throw cause;
    const remedy = 'run it again to continue, set HF_ENDPOINT to a mirror, or name a folder that has the files';
    throw new HubError('unreachable', `${text}: not fetched: ${cause.message}; ${remedy}`, { cause });
  }
  return target;
}
