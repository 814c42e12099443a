import { unlinkSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResnetCocoError } from '../errors.ts';
import { isGone, type LockOwner, newOwner, parseOwner } from './lock-owner.ts';
import { makeFolder, notWritable } from './whole-file.ts';

/** The file in a folder that says which process writes there. */
export const LOCK_FILE = '.resnet-coco.lock';

/** A lock is touched so often; one of another machine, where nobody can tell whether its process lives, is then lost. */
const TOUCH_MS = 20_000;
const LOST_MS = 600_000;
/** A lock file is empty for a moment, but where its process was killed in that moment. */
const UNWRITTEN_MS = 2000;

/** Locks of this process, which are given back if it ends. */
const held = new Set<string>();
process.on('exit', () => {
  for (const path of held) {
    try {
      unlinkSync(path);
    } catch {
      // Nothing more can be done at exit.
    }
  }
});

/**
 * Makes a folder where it is missing, and takes it for this process: two that write to one folder would each spoil what
 * the other writes. The lock of a process that has ended is taken over.
 *
 * @returns gives the folder back
 * @throws USAGE where another process, or another call of this one, writes there; FILE_NOT_WRITABLE
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makeFolder(folder);
  const path = join(folder, LOCK_FILE);
  const ours = JSON.stringify(newOwner());
  while (!(await create(path, ours))) {
    const found = await readLock(path);
    if (!found) continue;
    const { owner, text, untouchedMs } = found;
    const isLost = owner ? isGone(owner) || (isForeign(owner) && untouchedMs > LOST_MS) : untouchedMs > UNWRITTEN_MS;
    if (isLost) await takeAway(path, text);
    else if (owner) throw refusal(folder, path, owner);
    else await sleep(UNWRITTEN_MS / 40);
  }
  held.add(path);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, TOUCH_MS).unref();
  return async () => {
    clearInterval(heartbeat);
    held.delete(path);
    await takeAway(path, ours).catch(() => {});
  };
}

/**
 * Does something while the folder is this process's own.
 *
 * @throws as `lockFolder`
 */
export async function inLockedFolder<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const release = await lockFolder(folder);
  try {
    return await task();
  } finally {
    await release();
  }
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A full disk leaves an empty file, a folder that cannot be written to none.
    await rm(path, { force: true }).catch(() => {});
    throw notWritable(path, error);
  }
}

/** The lock as it is now; undefined where it has just been given back. */
async function readLock(path: string) {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, owner: parseOwner(text), untouchedMs: Math.abs(Date.now() - mtimeMs) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw notWritable(path, error);
  }
}

const isForeign = ({ host }: LockOwner): boolean => host !== hostname();

const refusal = (folder: string, path: string, { pid, host }: LockOwner): ResnetCocoError =>
  new ResnetCocoError(
    'USAGE',
    `${folder}: process ${pid} on ${host} writes there; wait until it is done, or name another folder (if it is none of resnet-coco's, delete ${path})`,
  );

/** Removes a lock if it is still the one that was read: another process may have taken it over meanwhile. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${newOwner().id}`;
  try {
    // Of several processes only one can move it.
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw notWritable(path, error);
  }
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved === text || moved === undefined) await rm(aside, { force: true });
  else await rename(aside, path);
}
