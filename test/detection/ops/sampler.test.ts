import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBalanced } from '../../../detection/ops/sampler.ts';
import { Random } from '../../../io/random.ts';

const options = { batchSizePerImage: 10, positiveFraction: 0.25 };
const labelsOf = (positives: number, negatives: number, ignored: number) =>
  new Random(1).shuffle(
    Int32Array.from({ length: positives + negatives + ignored }, (_, i) =>
      i < positives ? 1 + (i % 3) : i < positives + negatives ? 0 : -1,
    ),
  );

test('draws at most the share of positives and fills up with negatives, ascending and without repeats', () => {
  for (const [positives, negatives, wantedPositive, wantedNegative] of [
    [50, 50, 2, 8],
    [1, 50, 1, 9],
    [50, 3, 2, 3],
    [0, 5, 0, 5],
    [0, 0, 0, 0],
  ]) {
    const labels = labelsOf(positives, negatives, 7);
    const { positive, negative } = sampleBalanced(labels, options, new Random(4));
    assert.is(positive.length, wantedPositive);
    assert.is(negative.length, wantedNegative);
    assert.ok(positive.every((row) => labels[row] >= 1) && negative.every((row) => labels[row] === 0));
    for (const rows of [positive, negative]) {
      assert.equal(
        [...rows],
        [...new Set(rows)].sort((a, b) => a - b),
      );
    }
  }
});

test('a seed fixes the sample, another changes it', () => {
  const labels = labelsOf(40, 200, 0);
  const draw = (seed: number) => JSON.stringify(sampleBalanced(labels, options, new Random(seed)));
  assert.is(draw(1), draw(1));
  assert.is.not(draw(1), draw(2));
});

test('every element is as likely as any other', () => {
  const labels = labelsOf(20, 20, 0);
  const random = new Random(8);
  const drawn = new Int32Array(labels.length);
  for (let round = 0; round < 4000; round++) {
    const { positive, negative } = sampleBalanced(labels, options, random);
    for (const row of [...positive, ...negative]) drawn[row]++;
  }
  for (const [row, count] of drawn.entries()) {
    const expected = 4000 * (labels[row] >= 1 ? 2 / 20 : 8 / 20);
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `row ${row}: ${count} of about ${expected}`);
  }
});

test.run();
