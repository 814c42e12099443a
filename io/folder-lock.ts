import { join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { takeLock } from './lock-file.ts';
import { notWritable } from './not-writable.ts';
import { makeFolder, missingFolder, removeEmptyFolders } from './whole-file.ts';

/** The file that names the process that writes to a folder. */
export const LOCK_FILE = '.resnet-coco.lock';

/**
 * Makes a folder if needed, and locks it for this process: two processes that write to one folder would spoil each
 * other's files. The lock of a dead process is taken over.
 *
 * @returns a function that unlocks the folder
 * @throws ResnetCocoError USAGE when another process, or another call of this one, writes there
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the folder or lock cannot be written
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const missing = missingFolder(folder);
  await makeFolder(folder);
  const path = join(folder, LOCK_FILE);
  try {
    return await takeLock(path, {
      refuse: ({ pid, host }) =>
        new ResnetCocoError(
          'USAGE',
          `${folder}: process ${pid} on ${host} writes there; wait until it is done, or name another folder (if it is none of resnet-coco's, delete ${path})`,
        ),
    });
  } catch (error) {
    if (missing !== undefined) await removeEmptyFolders(folder, missing);
    throw notWritable(path, error);
  }
}

/**
 * Runs a task while this process holds the lock on a folder.
 *
 * @throws ResnetCocoError as `lockFolder` does
 */
export async function inLockedFolder<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const release = await lockFolder(folder);
  try {
    return await task();
  } finally {
    await release();
  }
}
