import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { DisjointSets } from '../../../io/disjoint-sets.ts';
import { statsOf } from '../../../io/regular-file.ts';
import { FILES_AT_ONCE } from '../../../io/text-file.ts';
import { mapOrdered } from '../../../io/threads/map-ordered.ts';
import { HASH_LIMIT, type ImageSignature, looksAlike } from './image-signature.ts';

/** A digest of each file's bytes; only of files whose size another one has too. */
export async function fileDigests(files: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]> {
  const sizes = files.map((file) => statsOf(file)?.size);
  const counts = new Map<number | undefined, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  const digests: (string | undefined)[] = [];
  const read = mapOrdered(
    [...files.keys()],
    FILES_AT_ONCE,
    async (index) => {
      if (sizes[index] === undefined || counts.get(sizes[index]) === 1) return undefined;
      const hash = createHash('sha256');
      // A file that cannot be read is told of where it is decoded.
      return await pipeline(createReadStream(files[index]), hash).then(
        () => hash.digest('hex'),
        () => undefined,
      );
    },
    signal,
  );
  for await (const digest of read) digests.push(digest);
  return digests;
}

/** Images that show the same. */
export interface SamePictures {
  /** Places in the list of images, in order; at least two. */
  readonly members: readonly number[];
  /** Whether all files are the same to the byte. */
  readonly areExact: boolean;
}

/**
 * Groups of images that are the same file or look the same.
 *
 * @param signatures undefined for images that cannot be read
 */
export function samePictures(
  digests: readonly (string | undefined)[],
  signatures: readonly (ImageSignature | undefined)[],
): SamePictures[] {
  const sets = new DisjointSets(digests.length);
  const first = new Map<string, number>();
  for (const [index, digest] of digests.entries()) {
    if (digest === undefined) continue;
    const other = first.get(digest);
    if (other === undefined) first.set(digest, index);
    else sets.join(index, other);
  }
  // Hashes that differ in fewer bits than they have bytes have a byte in common.
  for (let byte = 0; byte < HASH_LIMIT; byte++) {
    const buckets = new Map<number, number[]>();
    for (const [index, signature] of signatures.entries()) {
      if (!signature) continue;
      const key = (signature.hash[byte >> 2] >>> (8 * (byte & 3))) & 255;
      const bucket = buckets.get(key);
      if (bucket) bucket.push(index);
      else buckets.set(key, [index]);
    }
    for (const bucket of buckets.values())
      for (const [at, a] of bucket.entries())
        for (let other = at + 1; other < bucket.length; other++) {
          const b = bucket[other];
          if (!sets.areJoined(a, b) && looksAlike(signatures[a]!, signatures[b]!)) sets.join(a, b);
        }
  }
  return sets.groups().map((members) => {
    const [digest] = members.map((member) => digests[member]);
    return { members, areExact: digest !== undefined && members.every((member) => digests[member] === digest) };
  });
}
