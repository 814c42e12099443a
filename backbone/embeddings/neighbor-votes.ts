/** Classification by nearest neighbors, with votes weighted as in Wu et al. 2018, "Instance Discrimination", §3.4. */
import type { Engine } from '../../engine/index.ts';
import { similarityBlocks } from './similarity-blocks.ts';
import type { Vectors } from './vectors.ts';

/** The paper's τ: a neighbor of similarity s has a vote of exp(s / τ). */
const TEMPERATURE = 0.07;

/** A neighbor: an example's class, and how similar the example is. */
export interface Neighbor {
  readonly label: number;
  readonly similarity: number;
}

/** The share of each of `classes` classes in the votes of the neighbors. */
export function shareOfVotes(neighbors: readonly Neighbor[], classes: number): Float64Array {
  const shares = new Float64Array(classes);
  const greatest = neighbors.reduce((most, { similarity }) => Math.max(most, similarity), -1);
  let total = 0;
  for (const { label, similarity } of neighbors) {
    const vote = Math.exp((similarity - greatest) / TEMPERATURE);
    shares[label] += vote;
    total += vote;
  }
  return shares.map((share) => share / total);
}

/** The class with the greatest share; of equal ones the first. */
export const winnerOf = (shares: Float64Array): number => shares.indexOf(Math.max(...shares));

/**
 * How many examples would be classified rightly by the others: what few examples can tell of their own worth.
 *
 * @param labels the class of each vector
 * @param count neighbors that vote, at most all others
 */
export async function leaveOneOut(
  vectors: Vectors,
  labels: readonly number[],
  { classes, count, engine }: { readonly classes: number; readonly count: number; readonly engine: Engine },
): Promise<number> {
  const nearest = labels.map(() => new NearestNeighbors(count));
  for await (const { column, columns, row, rows, similarities } of similarityBlocks(vectors, engine)) {
    for (let i = 0; i < rows; i++) {
      for (let j = row === column ? i + 1 : 0; j < columns; j++) {
        const similarity = similarities[i * columns + j];
        nearest[row + i].add(labels[column + j], similarity);
        nearest[column + j].add(labels[row + i], similarity);
      }
    }
  }
  return nearest.filter(({ list }, i) => list.length && winnerOf(shareOfVotes(list, classes)) === labels[i]).length;
}

/** The most similar of the neighbors added, most similar first. */
class NearestNeighbors {
  readonly list: Neighbor[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  add(label: number, similarity: number): void {
    const { list } = this;
    if (list.length === this.#count && list[list.length - 1].similarity >= similarity) return;
    let at = list.length;
    while (at > 0 && list[at - 1].similarity < similarity) at--;
    list.splice(at, 0, { label, similarity });
    if (list.length > this.#count) list.pop();
  }
}
