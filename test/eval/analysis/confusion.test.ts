import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { confusionMatrix } from '../../../eval/analysis/confusion.ts';
import { outcomesOf } from '../../../eval/analysis/outcomes.ts';
import { evaluated, evaluatedCase, randomCases } from './random-cases.ts';

test('random cases: what joining pair by pair finds', () => {
  for (const [i, one] of randomCases.entries()) {
    const e = evaluatedCase(one);
    for (const expected of one.expected.confusion) {
      assert.equal(confusionMatrix(e, outcomesOf(e), expected.score), expected, `case ${i}`);
    }
  }
});

test('rows hold every object, columns every detection that counts', () => {
  for (const one of randomCases.slice(0, 4)) {
    const e = evaluatedCase(one);
    const { matrix } = confusionMatrix(e, outcomesOf(e), 0);
    const { categories, annotations } = one.dataset;
    for (const [k, { id }] of categories.entries()) {
      const objects = annotations.filter(({ category_id, iscrowd }) => category_id === id && !iscrowd).length;
      assert.is(
        matrix[k].reduce((sum, count) => sum + count, 0),
        objects,
      );
      const detections = one.results.filter(({ category_id }) => category_id === id).length;
      assert.ok(matrix.reduce((sum, row) => sum + row[k], 0) <= detections);
    }
    assert.is(matrix.at(-1)!.at(-1), 0);
  }
});

test('above every score all objects are missed', () => {
  const one = randomCases[0];
  const e = evaluated(one.dataset, one.results);
  const { matrix } = confusionMatrix(e, outcomesOf(e), 2);
  assert.is(
    matrix.flat().reduce((sum, count) => sum + count, 0),
    one.dataset.annotations.filter(({ iscrowd }) => !iscrowd).length,
  );
  assert.ok(matrix.every((row) => row.slice(0, -1).every((count) => count === 0)));
});

test.run();
