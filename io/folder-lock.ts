import { join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { takeLock } from './lock-file.ts';
import { notWritable } from './not-writable.ts';
import { makeFolder, missingFolder, removeEmptyFolders } from './whole-file.ts';

/** The file in a folder that says which process writes there. */
export const LOCK_FILE = '.resnet-coco.lock';

/**
 * Makes a folder where it is missing, and takes it for this process: two that write to one folder would each spoil what
 * the other writes. The lock of a process that has ended is taken over.
 *
 * @returns gives the folder back
 * @throws USAGE where another process, or another call of this one, writes there; FILE_NOT_WRITABLE
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
