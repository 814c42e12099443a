import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGone, newOwner, parseOwner } from '../lock-owner.ts';

/**
 * Waits until no other process holds the lock file `path`, and takes it. Its owner touches it as long as it lives: a
 * lock whose process is gone, or that nobody has touched for `staleMs`, is taken over. Two processes can, very rarely,
 * both take over the same dead lock, so what it guards must stay right even then.
 *
 * @returns a function that gives the lock back
 * @throws what the file system throws, or `signal`'s reason
 */
export async function takeLock(
  path: string,
  staleMs: number,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  const ours = JSON.stringify(newOwner());
  let last = '';
  let since = performance.now();
  while (!(await create(path, ours))) {
    const owner = await readFile(path, 'utf8').catch(() => undefined);
    const touched = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (owner === undefined || touched === undefined) {
      await sleep(10, undefined, { signal });
      continue;
    }
    // By this process's own clock: those of a shared folder's machines may differ.
    if (`${touched} ${owner}` !== last) {
      last = `${touched} ${owner}`;
      since = performance.now();
    }
    const parsed = parseOwner(owner);
    if ((parsed && isGone(parsed)) || performance.now() - since > staleMs) await remove(path, owner);
    else await sleep(Math.min(500, staleMs / 4), undefined, { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, staleMs / 4);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    await remove(path, ours);
  };
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock if it is still that owner's. */
async function remove(path: string, owner: string): Promise<void> {
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current === owner) await rm(path, { force: true });
}
