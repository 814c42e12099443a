import { unlinkSync } from 'node:fs';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGone, type LockOwner, newOwner, parseOwner } from './lock-owner.ts';

/** Nobody can tell whether a process on another machine is alive; its lock is lost when not touched for this long. */
const LOST_MS = 600_000;
/** Longest time between two touches. */
const TOUCH_MS = 20_000;
/** A lock file is empty for a moment. If it stays empty, its process was killed in that moment. */
const UNWRITTEN_MS = 2000;
/** Time between two tries to take over a lock, while another process does. */
const TAKING_MS = 10;
/** Longest time between two looks at a lock that is waited for. */
const LOOK_MS = 500;

/** Locks of this process; released at exit. */
const ownLocks = new Set<string>();
process.on('exit', () => {
  for (const path of ownLocks) {
    try {
      unlinkSync(path);
    } catch {
      // Nothing more can be done at exit.
    }
  }
});

export interface LockOptions {
  /** Called when another process, or another call of this one, holds the lock. By default the lock is waited for. */
  readonly refuse?: (owner: LockOwner) => Error;
  /** A waiting process takes over a lock of another machine that was not touched for this long. */
  readonly lostMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes a lock file for this process. The lock of a dead process is taken over, and so is a lock of another machine
 * that is no longer touched. In rare cases that process still lives, so the guarded data must stay correct even then.
 *
 * @returns a function that releases the lock
 * @throws what `refuse` returns; what the file system throws; the signal's reason
 */
export async function takeLock(
  path: string,
  { refuse, lostMs = LOST_MS, signal }: LockOptions = {},
): Promise<() => Promise<void>> {
  const ours = JSON.stringify(newOwner());
  let seen = '';
  let since = performance.now();
  while (!(await create(path, ours))) {
    signal?.throwIfAborted();
    const lock = await readLock(path);
    if (!lock) continue;
    const { text, owner, touchedAt } = lock;
    if (`${touchedAt} ${text}` !== seen) {
      seen = `${touchedAt} ${text}`;
      since = performance.now();
    }
    // Clocks of machines that share a folder may differ by less than LOST_MS; changes that this process saw need no
    // clock.
    const ageMs = Math.abs(Date.now() - touchedAt);
    const seenMs = performance.now() - since;
    const isLost = owner
      ? isGone(owner) || (owner.host !== hostname() && (ageMs > LOST_MS || seenMs > lostMs))
      : ageMs > UNWRITTEN_MS || seenMs > UNWRITTEN_MS;
    if (isLost) await takeAway(path, text);
    else if (owner && refuse) throw refuse(owner);
    else await sleep(Math.min(LOOK_MS, lostMs / 4), undefined, { signal });
  }
  ownLocks.add(path);
  const touch = (): void => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  };
  const heartbeat = setInterval(touch, Math.min(TOUCH_MS, lostMs / 4)).unref();
  return async () => {
    clearInterval(heartbeat);
    ownLocks.delete(path);
    // It is ours, unless this process was taken for dead.
    const lock = await readLock(path).catch(() => undefined);
    if (lock?.text === ours) await rm(path, { force: true }).catch(() => {});
  };
}

async function create(path: string, owner: string): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (!file) return false;
  try {
    await file.writeFile(owner);
  } catch (error) {
    // A full disk leaves an empty file.
    await rm(path, { force: true }).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** The current lock; undefined when it was just released. */
async function readLock(path: string) {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, owner: parseOwner(text), touchedAt: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a lock if it is still the one that was read. Of several that want to, one looks and removes at a time. */
async function takeAway(path: string, text: string): Promise<void> {
  const guard = `${path}.taking`;
  if (!(await create(guard, ''))) {
    const { mtimeMs = Date.now() } = await stat(guard).catch(() => ({ mtimeMs: undefined }));
    // Its process was killed in that moment.
    if (Math.abs(Date.now() - mtimeMs) > UNWRITTEN_MS) await rm(guard, { force: true });
    await sleep(TAKING_MS);
    return;
  }
  try {
    const lock = await readLock(path);
    if (lock?.text === text) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}
