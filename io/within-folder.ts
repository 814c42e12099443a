import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ResnetCocoError } from '../errors.ts';

const leadsOut = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

/**
 * Refuses a path that leads out of the folder, by its name or by a symbolic link in the folder. (A link in place of the
 * file itself is harmless: it is replaced.)
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the path leads out of the folder
 */
export function checkWithin(folder: string, path: string): void {
  const refusal = (how: string): ResnetCocoError =>
    new ResnetCocoError('FILE_NOT_WRITABLE', `${path}: ${how} out of ${folder}; nothing is written there`);
  if (leadsOut(relative(resolve(folder), resolve(path)))) throw refusal('leads');
  let parent = dirname(resolve(path));
  // Missing folders will be made inside.
  while (!lstatSync(parent, { throwIfNoEntry: false }) && parent !== resolve(folder)) parent = dirname(parent);
  if (!lstatSync(parent, { throwIfNoEntry: false })) return;
  let real: string;
  try {
    real = realpathSync.native(parent);
  } catch {
    throw refusal('leads by a broken symbolic link');
  }
  if (leadsOut(relative(realpathSync.native(folder), real))) throw refusal('leads by a symbolic link');
}
