import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ResnetCocoError } from '../errors.ts';

const leadsOut = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

/**
 * Refuses a path that leads out of the folder that it is to be written to, by its name or by a symbolic link in the
 * folder. (A link in the place of the file itself does no harm: it is replaced.)
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export function checkWithin(folder: string, path: string): void {
  const refusal = (how: string): ResnetCocoError =>
    new ResnetCocoError('FILE_NOT_WRITABLE', `${path}: ${how} out of ${folder}; nothing is written there`);
  if (leadsOut(relative(resolve(folder), resolve(path)))) throw refusal('leads');
  let parent = dirname(resolve(path));
  // What is not there yet is made within.
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
