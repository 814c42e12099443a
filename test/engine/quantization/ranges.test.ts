import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ObservedRange } from '../../../engine/quantization/ranges.ts';
import { ResnetCocoError } from '../../../errors.ts';

/** Values of a normal distribution's shape, and one far away. */
const values = Float32Array.from({ length: 400_000 }, (_, i) => {
  const p = (i + 0.5) / 400_000;
  return Math.log(p / (1 - p));
});
values[7] = 1000;

function observed(): ObservedRange {
  const range = new ObservedRange();
  range.add('x', Math.min(...values.subarray(0, 100)), 1000, values);
  return range;
}

test('the extremes are the range of minmax', () => {
  const range = new ObservedRange();
  range.add('x', -2, 5, Float32Array.of(1));
  range.add('x', -3, 4, Float32Array.of(1));
  assert.equal(range.range('minmax'), [-3, 5]);
});

test('a percentile leaves out one value far away, and keeps nearly all others', () => {
  const [least, greatest] = observed().range('percentile');
  assert.ok(greatest > 10 && greatest < 20, `${greatest}`);
  assert.ok(least < -10 && least > -20, `${least}`);
});

test('entropy leaves it out, too', () => {
  const [, greatest] = observed().range('entropy');
  assert.ok(greatest < 500, `${greatest}`);
});

test('zero is in every range', () => {
  for (const method of ['minmax', 'percentile', 'entropy'] as const) {
    const range = new ObservedRange();
    range.add('x', 2, 3, Float32Array.of(2, 3));
    const [least, greatest] = range.range(method);
    assert.ok(least <= 0 && greatest > 2, `${method} ${least} ${greatest}`);
    assert.equal(new ObservedRange().range(method), [0, 0]);
  }
});

test('values that are not finite are told by name', () => {
  assert.throws(
    () => new ObservedRange().add('layer1.0.conv1', 0, Number.NaN, Float32Array.of(1)),
    (error: unknown) => error instanceof ResnetCocoError && /^layer1\.0\.conv1 gives/.test(error.message),
  );
});

test.run();
