import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { numberInName } from '../../../../datasets/detection/coco/image-numbers.ts';

test('the number in the name is its last run of digits', () => {
  assert.is(numberInName('000000000139.jpg'), 139);
  assert.is(numberInName('COCO_val2014_000000000042.jpg'), 42);
  assert.is(numberInName('shots/2024/img007.v.png'), 7);
  assert.is(numberInName('0.png'), 0);
  assert.is(numberInName('street.jp2'), undefined);
  assert.is(numberInName('99999999999999999999.jpg'), undefined);
  assert.is(numberInName('12'), 12);
});

test.run();
