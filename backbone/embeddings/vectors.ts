// N images, D numbers of an embedding.

/** The embeddings of images. */
export interface Vectors {
  /** The image of each vector. */
  readonly files: readonly string[];
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** One vector after another. */
  readonly data: Float32Array;
  /** The model that made them, if that is known. */
  readonly model?: string | undefined;
}

/** The embeddings of some images, one after another. */
export function vectorsOf(files: readonly string[], embeddings: readonly Float32Array[]): Vectors {
  const dimensions = embeddings[0]?.length ?? 0;
  const data = new Float32Array(embeddings.length * dimensions);
  for (const [i, embedding] of embeddings.entries()) data.set(embedding, i * dimensions);
  return { files, dimensions, data };
}

/** Most re-encoded, resized and slightly cropped photographs are above it, others of the same kind of object below. */
export const DUPLICATE_SIMILARITY = 0.9;

/** The inner product of `length` numbers from a place of each array. In four sums, which run side by side. */
export function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += a[aStart + i] * b[bStart + i];
    s1 += a[aStart + i + 1] * b[bStart + i + 1];
    s2 += a[aStart + i + 2] * b[bStart + i + 2];
    s3 += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < length; i++) s0 += a[aStart + i] * b[bStart + i];
  return s0 + s1 + s2 + s3;
}

/** Vectors of length 1, whose inner products are cosines. A vector of zeros stays: it is similar to none. */
export function normalized({ data, dimensions }: Pick<Vectors, 'data' | 'dimensions'>): Float32Array {
  const unit = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += dimensions) {
    const norm = Math.sqrt(dot(data, start, data, start, dimensions));
    if (norm === 0) continue;
    for (let i = start; i < start + dimensions; i++) unit[i] = data[i] / norm;
  }
  return unit;
}
