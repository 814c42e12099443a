import { createHash } from 'node:crypto';

export type Part = 'train' | 'val';

/** A number in [0, 1) that depends on a name alone: the same picture goes to the same part whatever else is there. */
export function placeOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}

/** The part of a picture of which a share is held apart. */
export const partOf = (name: string, share: number): Part => (placeOf(name) < share ? 'val' : 'train');
