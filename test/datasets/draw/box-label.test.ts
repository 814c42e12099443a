import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boxLabel, percent } from '../../../datasets/index.ts';

test('percentages have one form', () => {
  assert.equal(
    [0, 0.5234, 1, 0.99996].map((share) => percent(share)),
    ['0.0 %', '52.3 %', '100.0 %', '100.0 %'],
  );
  assert.is(percent(0.5234, 0), '52 %');
});

test('a box is labeled with its category and score, ground truth with its category', () => {
  assert.is(boxLabel('traffic light', 0.984), 'traffic light 98 %');
  assert.is(boxLabel('cat'), 'cat');
});

test('their sources alone do the same in the script of a page', () => {
  for (const [own, value] of [
    [boxLabel, ['cat', 0.604]],
    [percent, [0.604]],
  ] as const) {
    const alone = new Function(`return (${own})(...arguments)`);
    assert.is(alone(...value), (own as (...args: readonly unknown[]) => string)(...value));
  }
});

test.run();
