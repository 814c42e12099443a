import { type EngineName, type EngineOptions, engineOptionKinds, startEngine } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { DisjointSets } from '../../io/disjoint-sets.ts';
import { checkOptions, type OptionKinds } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { Similar } from './nearest.ts';
import { similarityBlocks } from './similarity-blocks.ts';
import { DUPLICATE_SIMILARITY, dot, normalized, type Vectors } from './vectors.ts';

/** Settings of `duplicateGroups`. */
export interface DuplicateOptions extends EngineOptions {
  /** Images of this cosine similarity or more are near-duplicates, from 0 to 1. Default .9. */
  readonly threshold?: number;
  /** The engine that computes. Default `auto`. */
  readonly engine?: EngineName | 'auto';
}

const kinds: OptionKinds<DuplicateOptions> = { ...engineOptionKinds, threshold: 'checked', engine: 'checked' };

/** Errors of single precision: the similarity of an image to itself may be a little below 1. */
const ROUNDING = 1e-6;

/**
 * Groups near-duplicates: images that pairs of sufficient similarity connect, possibly through others. The first image
 * of a group is its first in the order of the vectors; the similarity of the others is that to the first.
 *
 * @returns the groups of two images or more, in the order of their first images
 * @throws ResnetCocoError USAGE for an unknown option or a wrong threshold; ENGINE_UNAVAILABLE
 */
export async function duplicateGroups(vectors: Vectors, options: DuplicateOptions = {}): Promise<Similar[][]> {
  checkOptions('duplicateGroups', options, kinds);
  const { engine, threshold = DUPLICATE_SIMILARITY, ...engineOptions } = options;
  if (!(typeof threshold === 'number' && threshold >= 0 && threshold <= 1)) {
    throw new ResnetCocoError('USAGE', `\`threshold\` must be a number from 0 to 1, is ${shownValue(threshold)}`);
  }
  const { dimensions, files } = vectors;
  const sets = new DisjointSets(files.length);
  for await (const block of similarityBlocks(vectors, await startEngine(engine, engineOptions))) {
    const { column, columns, row, rows, similarities } = block;
    for (let i = 0; i < rows; i++) {
      // On the diagonal each pair once, and none of an image with itself.
      for (let j = row === column ? i + 1 : 0; j < columns; j++) {
        if (similarities[i * columns + j] >= threshold - ROUNDING) sets.join(row + i, column + j);
      }
    }
  }
  const unit = normalized(vectors);
  return sets.groups().map((group) =>
    group.map((index) => {
      const similarity = Math.min(1, dot(unit, group[0] * dimensions, unit, index * dimensions, dimensions));
      return { file: files[index], similarity, index };
    }),
  );
}
