import { createHash, type Hash } from 'node:crypto';

/** The published digest of a file, or its first digits. */
export interface FileDigest {
  /** `git`: SHA-1 of a blob, as git names a file's content. */
  readonly algorithm: 'md5' | 'sha256' | 'sha512' | 'git';
  /** Lower-case hexadecimal; the first digits are enough. */
  readonly hex: string;
}

const names = { md5: 'MD5', sha256: 'SHA-256', sha512: 'SHA-512', git: "git's SHA-1" } as const;

/** The usual name of the algorithm. */
export const hashName = ({ algorithm }: FileDigest): string => names[algorithm];

/** A hash that is to be fed with the whole content of a file. @param bytes the file's length */
export function hashFor({ algorithm }: FileDigest, bytes: number): Hash {
  if (algorithm !== 'git') return createHash(algorithm);
  return createHash('sha1').update(`blob ${bytes}\0`);
}
