import { createHash } from 'node:crypto';

export type Part = 'train' | 'val';

/** A number in [0, 1) that depends only on a name: an image goes to the same part whatever else there is. */
export function placeOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}

/** The part of an image, if `share` of all images is held out. */
export const partOf = (name: string, share: number): Part => (placeOf(name) < share ? 'val' : 'train');
