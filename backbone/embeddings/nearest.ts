import { ResnetCocoError } from '../../errors.ts';
import { dot, type Vectors } from './vectors.ts';

/** An image and how similar it is to another: the cosine of the angle between their embeddings, at most 1. */
export interface Similar {
  readonly file: string;
  readonly similarity: number;
  /** Its position among the vectors. */
  readonly index: number;
}

/**
 * Returns the vectors with the greatest cosine similarity to one, greatest first; of equal ones the first.
 *
 * @param top how many, at most
 * @throws ResnetCocoError BAD_RESULTS when the vectors have another length
 */
export function nearestVectors(vector: Float32Array, vectors: Vectors, top = 10): Similar[] {
  const { data, dimensions, files } = vectors;
  if (vector.length !== dimensions) {
    const problem = `an embedding of ${vector.length} numbers has no similarity to vectors of ${dimensions}`;
    throw new ResnetCocoError('BAD_RESULTS', `${problem}: both must be of one model`);
  }
  const ownNorm = Math.sqrt(dot(vector, 0, vector, 0, dimensions));
  const similarities = new Float64Array(files.length);
  for (let i = 0; i < files.length; i++) {
    const start = i * dimensions;
    const norm = ownNorm * Math.sqrt(dot(data, start, data, start, dimensions));
    similarities[i] = norm === 0 ? 0 : Math.min(1, dot(vector, 0, data, start, dimensions) / norm);
  }
  const order = Array.from(similarities.keys()).sort((a, b) => similarities[b] - similarities[a] || a - b);
  return order.slice(0, top).map((index) => ({ file: files[index], similarity: similarities[index], index }));
}
