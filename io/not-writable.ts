import { ResnetCocoError } from '../errors.ts';

/** Remedies for system errors. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space, or name a folder on another disk',
  EDQUOT: 'free some space, or name a folder on another disk',
  EFBIG: 'raise the limit on the size of a file (ulimit -f), or name a folder on another disk',
  EMFILE: 'raise the limit on open files (ulimit -n)',
  EACCES: 'name a folder that you may write to',
  EPERM: 'name a folder that you may write to',
  EROFS: 'name a folder that you may write to',
};

/** The error for a file or folder that cannot be written: the system's reason and a remedy. */
export function notWritable(path: string, cause: unknown, remedy?: string): ResnetCocoError {
  if (cause instanceof ResnetCocoError) return cause;
  const { code, message } =
    cause instanceof Error ? (cause as NodeJS.ErrnoException) : { code: '', message: `${cause}` };
  // Node writes "EACCES: permission denied, open '/a/b'"; its path would be the temporary one.
  const reason = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  const advice = remedy ?? REMEDIES[code ?? ''];
  const text = `${path}: cannot be written: ${reason}${advice ? `; ${advice}` : ''}`;
  return new ResnetCocoError('FILE_NOT_WRITABLE', text, { cause });
}
