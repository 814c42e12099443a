import { lstat } from 'node:fs/promises';
import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable } from './flags.ts';

/** Of every command that writes one file under a name of the user's choice. */
export const forceFlag = {
  force: { kind: 'boolean', help: 'write over a file that is there' },
} as const satisfies FlagTable;

/**
 * Refuses to write over what is there, be it the command's own input under another name, a link or another file.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function refuseExisting(file: string, force: boolean): Promise<void> {
  if (force || !(await lstat(file).catch(() => undefined))) return;
  throw new ResnetCocoError(
    'FILE_NOT_WRITABLE',
    `${file}: is there already; name another file, or write over it with --force`,
  );
}
