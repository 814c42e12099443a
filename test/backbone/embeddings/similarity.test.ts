import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { leaveOneOut, shareOfVotes, winnerOf } from '../../../backbone/embeddings/neighbor-votes.ts';
import { duplicateGroups, nearestVectors, type Vectors } from '../../../backbone/index.ts';
import { createEngine } from '../../../engine/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { Random } from '../../../io/random.ts';

/** Vectors of random directions. */
function randomVectors(count: number, dimensions: number, seed: number): Vectors {
  const random = new Random(seed);
  const data = Float32Array.from({ length: count * dimensions }, () => random.normal(0, 1));
  return { files: Array.from({ length: count }, (_, i) => `${i}.jpg`), dimensions, data };
}

const rowOf = ({ data, dimensions }: Vectors, i: number): number[] => [
  ...data.subarray(i * dimensions, (i + 1) * dimensions),
];

function cosine(a: readonly number[], b: readonly number[]): number {
  const product = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

test('the nearest are those with the greatest cosine, whatever the lengths; of equal ones the first', () => {
  const vectors = randomVectors(200, 13, 1);
  const query = Float32Array.from(rowOf(vectors, 17), (value) => 9 * value);
  const expected = vectors.files
    .map((file, index) => ({ file, index, similarity: cosine([...query], rowOf(vectors, index)) }))
    .sort((a, b) => b.similarity - a.similarity);
  const nearest = nearestVectors(query, vectors, 20);
  assert.is(nearest.length, 20);
  assert.is(nearest[0].file, '17.jpg');
  for (const [i, { file, index, similarity }] of nearest.entries()) {
    assert.is(index, expected[i].index);
    assert.is(file, expected[i].file);
    assert.ok(Math.abs(similarity - expected[i].similarity) < 1e-6 && similarity <= 1);
  }
  const equal: Vectors = { files: ['a', 'b', 'c', 'd'], dimensions: 2, data: Float32Array.of(0, 1, 2, 0, 0, 0, 5, 0) };
  assert.equal(
    nearestVectors(Float32Array.of(3, 0), equal).map(({ file, similarity }) => [file, similarity]),
    [
      ['b', 1],
      ['d', 1],
      ['a', 0],
      ['c', 0],
    ],
  );
});

test('vectors of another length are another model\u2019s', () => {
  try {
    nearestVectors(new Float32Array(3), randomVectors(2, 4, 1));
    assert.unreachable();
  } catch (error) {
    assert.is((error as ResnetCocoError).code, 'BAD_RESULTS');
    assert.match((error as Error).message, /embedding of 3 numbers has no similarity to vectors of 4/);
  }
});

/** Groups by comparing all pairs, until nothing changes. */
function groupsByAllPairs(vectors: Vectors, threshold: number): number[][] {
  const count = vectors.files.length;
  const groupOf = Array.from({ length: count }, (_, i) => i);
  const rows = groupOf.map((i) => rowOf(vectors, i));
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      if (cosine(rows[i], rows[j]) < threshold) continue;
      const [from, to] = [Math.max(groupOf[i], groupOf[j]), Math.min(groupOf[i], groupOf[j])];
      for (let k = 0; k < count; k++) if (groupOf[k] === from) groupOf[k] = to;
    }
  }
  const groups = Array.from({ length: count }, (_, i) => groupOf.flatMap((group, k) => (group === i ? [k] : [])));
  return groups.filter(({ length }) => length > 1);
}

for (const engine of ['onnx', 'wasm'] as const) {
  test(`groups of near-duplicates are the connected ones, across blocks: ${engine}`, async () => {
    // More than a block of 1024, and few dimensions, so that many are similar.
    const vectors = randomVectors(1100, 6, 3);
    const groups = await duplicateGroups(vectors, { threshold: 0.97, engine, threads: 1 });
    const indices = groups.map((group) => group.map(({ index }) => index));
    assert.equal(indices, groupsByAllPairs(vectors, 0.97));
    assert.ok(indices.some((group) => group.some((index) => index >= 1024) && group[0] < 1024));
    for (const [first, ...others] of groups) {
      assert.ok(Math.abs(first.similarity - 1) < 1e-6);
      for (const { index, similarity } of others) {
        assert.ok(Math.abs(similarity - cosine(rowOf(vectors, first.index), rowOf(vectors, index))) < 1e-5);
      }
    }
  });
}

test('copies are duplicates even at a threshold of 1; zeros, and nothing, are none', async () => {
  const { data, dimensions } = randomVectors(3, 50, 5);
  const copies = new Float32Array(5 * dimensions);
  copies.set(data);
  // 3.jpg is 1.jpg, brighter; 4.jpg is all zeros, as is 0.jpg.
  copies.set(
    data.subarray(dimensions, 2 * dimensions).map((value) => 3 * value),
    3 * dimensions,
  );
  copies.fill(0, 0, dimensions);
  const files = ['0', '1', '2', '3', '4'];
  const groups = await duplicateGroups({ files, dimensions, data: copies }, { threshold: 1, threads: 1 });
  assert.equal(
    groups.map((group) => group.map(({ file }) => file)),
    [['1', '3']],
  );
  assert.equal(await duplicateGroups({ files: [], dimensions: 0, data: new Float32Array(0) }), []);
});

test('a threshold that is none is refused', async () => {
  for (const threshold of [2, -1, Number.NaN, '0.9' as unknown as number]) {
    const code = await duplicateGroups(randomVectors(2, 2, 1), { threshold }).then(
      () => 'none',
      (error: ResnetCocoError) => error.code,
    );
    assert.is(code, 'USAGE');
  }
});

test('votes are weighted by exp(s / 0.07), and shares add up to 1', () => {
  const shares = shareOfVotes(
    [
      { label: 1, similarity: 0.9 },
      { label: 0, similarity: 0.83 },
      { label: 0, similarity: 0.83 },
    ],
    3,
  );
  const [one, other] = [1, Math.exp(-1)];
  assert.ok(Math.abs(shares[1] - one / (one + 2 * other)) < 1e-12);
  assert.ok(Math.abs(shares[0] - (2 * other) / (one + 2 * other)) < 1e-12);
  assert.is(shares[2], 0);
  assert.is(winnerOf(shares), 1);
});

test('leave-one-out counts what the other examples classify rightly', async () => {
  const vectors = randomVectors(40, 4, 11);
  const labels = vectors.files.map((_, i) => (vectors.data[4 * i] > 0 ? 1 : i % 3 === 0 ? 2 : 0));
  for (const count of [1, 3, 100]) {
    let right = 0;
    for (const [i, label] of labels.entries()) {
      const others = labels.flatMap((other, k) =>
        k === i ? [] : [{ label: other, similarity: cosine(rowOf(vectors, i), rowOf(vectors, k)) }],
      );
      others.sort((a, b) => b.similarity - a.similarity);
      if (winnerOf(shareOfVotes(others.slice(0, count), 3)) === label) right++;
    }
    const engine = await createEngine('auto', { threads: 1 });
    assert.is(await leaveOneOut(vectors, labels, { classes: 3, count, engine }), right);
    assert.ok(right > 10 && right < 40);
  }
  const engine = await createEngine('auto', { threads: 1 });
  assert.is(await leaveOneOut(randomVectors(1, 4, 1), [0], { classes: 1, count: 1, engine }), 0);
});

test.run();
