/** The published digest of a file, or its first digits. */
export interface FileDigest {
  readonly algorithm: 'md5' | 'sha256' | 'sha512';
  /** Lower-case hexadecimal; the first digits are enough. */
  readonly hex: string;
}

const names = { md5: 'MD5', sha256: 'SHA-256', sha512: 'SHA-512' } as const;

/** The usual name of the algorithm. */
export const hashName = ({ algorithm }: FileDigest): string => names[algorithm];
