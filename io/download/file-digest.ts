/** What a file's digest is, or begins with, as its publisher tells. */
export interface FileDigest {
  readonly algorithm: 'md5' | 'sha256' | 'sha512';
  /** Hexadecimal, lower case; the first digits are enough. */
  readonly hex: string;
}

const names = { md5: 'MD5', sha256: 'SHA-256', sha512: 'SHA-512' } as const;

/** What people call the algorithm. */
export const hashName = ({ algorithm }: FileDigest): string => names[algorithm];
