import { lstat } from 'node:fs/promises';
import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable } from './flags.ts';

/** The flag of every command that writes one file under a name of the user's choice. */
export const forceFlag = {
  force: { kind: 'boolean', help: 'overwrite an existing file' },
} as const satisfies FlagTable;

/**
 * Refuses to overwrite anything: the command's own input under another name, a link or any other file.
 *
 * @throws FILE_NOT_WRITABLE when the file exists and `force` is off
 */
export async function refuseExisting(file: string, force: boolean): Promise<void> {
  if (force || !(await lstat(file).catch(() => undefined))) return;
  throw new ResnetCocoError(
    'FILE_NOT_WRITABLE',
    `${file}: already exists; name another file, or overwrite it with --force`,
  );
}
