// N vectors of D numbers; blocks of M and N of them.
import { matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine, ProgramSpec } from '../../engine/index.ts';
import type { Tensors } from '../../engine/ops/index.ts';
import { normalized, type Vectors } from './vectors.ts';

/** Vectors of a block. Of 2048 numbers each, a block has 8 MB, and the similarities of two have 4 MB. */
const BLOCK = 1024;

/** The similarities of some vectors, `rows` of them from `row`, to others, `columns` of them from `column`. */
export interface SimilarityBlock {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  /** Row by row. */
  readonly similarities: Float32Array;
}

const productsProgram = (dimensions: number): ProgramSpec => ({
  name: 'similarities',
  weights: {},
  inputs: { rows: { shape: ['M', dimensions] }, columns: { shape: ['N', dimensions] } },
  model: (_: Tensors, { rows, columns }: Tensors) => ({
    similarities: matMul(rows as Tensor2D, columns as Tensor2D, false, true),
  }),
});

/**
 * The cosine similarities of all pairs of two vectors or more, block by block, in memory that does not grow with their square. A
 * block and its mirror image come as one: its columns begin at its rows or after.
 *
 * @param engine computes the products
 */
export async function* similarityBlocks(
  { data, dimensions, files }: Pick<Vectors, 'data' | 'dimensions' | 'files'>,
  engine: Engine,
): AsyncGenerator<SimilarityBlock> {
  const count = files.length;
  if (count < 2) return;
  const unit = normalized({ data, dimensions });
  const block = (start: number) => {
    const size = Math.min(BLOCK, count - start);
    // A copy: what is sent to another thread takes its whole buffer along.
    return { shape: [size, dimensions], data: unit.slice(start * dimensions, (start + size) * dimensions) };
  };
  const program = await engine.compile(productsProgram(dimensions));
  try {
    for (let row = 0; row < count; row += BLOCK) {
      const rows = block(row);
      for (let column = row; column < count; column += BLOCK) {
        const columns = block(column);
        const { similarities } = await program.run({ rows, columns });
        const values = (await similarities.data()) as Float32Array;
        similarities.dispose();
        yield { row, rows: rows.shape[0], column, columns: columns.shape[0], similarities: values };
      }
    }
  } finally {
    await program.dispose();
  }
}
