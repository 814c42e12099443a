import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../io/download/cache-folder.ts';
import { makeFolder, writeWholeFile } from '../../io/whole-file.ts';
import { type HubName, isCommit } from './hub-name.ts';

/**
 * Where files of the hub are stored: `hub/OWNER/NAME/COMMIT/FILE` in the cache folder, so that revisions do not mix.
 * `hub/OWNER/NAME/refs/REVISION` names the commit that a branch or tag had when it was last asked for.
 */
export const repositoryFolder = ({ owner, name }: HubName): string => join(cacheFolder(), 'hub', owner, name);

/** The folder of one commit's files. */
export const commitFolder = (name: HubName, commit: string): string => join(repositoryFolder(name), commit);

const refFile = (name: HubName): string => join(repositoryFolder(name), 'refs', name.revision);

/** The commit of a name's revision, as far as this machine knows; undefined when it was never asked for. */
export async function storedCommit(name: HubName): Promise<string | undefined> {
  if (isCommit(name.revision)) return name.revision;
  const [commit, revision] = (await readFile(refFile(name), 'utf8').catch(() => '')).trim().split(' ');
  // Some file systems do not tell Dev from dev.
  return isCommit(commit) && revision === name.revision ? commit : undefined;
}

/** Stores the commit of a branch or tag, for later without a connection. */
export async function storeCommit(name: HubName, commit: string): Promise<void> {
  if ((await storedCommit(name)) === commit) return;
  const file = refFile(name);
  await makeFolder(dirname(file));
  await writeWholeFile(file, `${commit} ${name.revision}\n`);
}
