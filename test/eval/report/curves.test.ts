import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Line } from '../../../eval/report/charts.ts';
import { axisOf, axisTo, entering, type Point, smoothed, thinned } from '../../../eval/report/curves.ts';
import { Random } from '../../../io/random.ts';

const test = suite('curves');

const line = (points: readonly Point[]): Line => ({ kind: 'line', label: 'l', points });
const of = (length: number, value: (i: number) => number): Point[] =>
  Array.from({ length }, (_, i): Point => [i, value(i)]);

test('thinning keeps order, ends and every peak', () => {
  const random = new Random(3);
  const points = of(20_000, () => random.uniform());
  const peaks: Point[] = [
    [7_777, 9],
    [12_345, -9],
  ];
  for (const peak of peaks) points[peak[0]] = peak;
  const few = thinned(points);
  assert.ok(few.length <= 722 && few.length > 300);
  for (const peak of peaks) assert.ok(few.includes(peak));
  assert.ok(few.every(([x], i) => i === 0 || x > few[i - 1][0]));
  assert.ok(few[0][0] < 56 && few[few.length - 1][0] > 19_943);
  assert.equal(thinned(points.slice(0, 500)), points.slice(0, 500));
});

test('points at one place are thinned without end or loss', () => {
  assert.is(thinned(of(1000, (i) => i).map(([, y]): Point => [5, y])).length, 1000);
});

test('smoothing keeps constants and takes away noise', () => {
  assert.ok(smoothed(of(500, () => 2.5)).every(([, y]) => Math.abs(y - 2.5) < 1e-12));
  const random = new Random(1);
  const noisy = smoothed(of(6000, () => 1 + random.normal()));
  assert.ok(noisy.slice(1000).every(([, y]) => Math.abs(y - 1) < 0.5));
  const few = of(5, (i) => i);
  assert.is(smoothed(few)[0][1], 0);
  assert.equal(smoothed([]), []);
});

test('axes have round marks, between their ends', () => {
  const cases: [number, number[]][] = [
    [163.7, [0, 20, 40, 60, 80, 100, 120, 140, 160]],
    [4, [0, 1, 2, 3, 4]],
    [350, [0, 100, 200, 300]],
    [0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ];
  for (const [max, marks] of cases) {
    const axis = axisTo(max, 'x');
    assert.equal(
      axis.ticks!.map((tick) => Number(tick.toFixed(9))),
      marks,
    );
    assert.is(axis.max, max || 1);
  }
  const steps = axisTo(64_000, 'step');
  assert.equal(steps.ticks!.map(steps.format), ['0', '10k', '20k', '30k', '40k', '50k', '60k']);
  const rates = axisTo(0.1, 'learning rate');
  assert.equal(rates.ticks!.map(rates.format), ['0.00', '0.02', '0.04', '0.06', '0.08', '0.10']);
});

test('an axis holds its marks apart for any numbers', () => {
  const random = new Random(5);
  for (let i = 0; i < 500; i++) {
    const scale = 10 ** random.uniform(-8, 8);
    const offset = random.uniform(-3, 3) * scale;
    const points = of(50, () => offset + scale * random.uniform());
    for (const from0 of [true, false]) {
      const { min, max, ticks, format } = axisOf([line(points)], 'y', from0, 0.96);
      assert.ok(min < max && ticks!.length >= 3 && ticks!.length <= 12, `${min} ${max} ${ticks}`);
      assert.ok(ticks!.every((tick) => tick >= min - 1e-6 * scale && tick <= max + 1e-6 * scale));
      assert.is(new Set(ticks!.map(format)).size, ticks!.length, `${ticks!.map(format)}`);
    }
  }
});

test('what only the first steps reach is left out, what is constant is seen', () => {
  const falling = line(of(1000, (i) => 0.5 + 100 * Math.exp(-i / 5)));
  const axis = axisOf([falling], 'loss', true, 0.96);
  assert.ok(axis.max < 3);
  const { points } = entering(falling, axis);
  assert.is(points[0][1], axis.max);
  assert.ok(points[0][0] > 0 && points[0][0] < points[1][0]);
  assert.equal(points.slice(1), falling.points.slice(-points.length + 1));
  const rising = line(of(18, (i) => (i < 17 ? i / 100 : 3)));
  assert.ok(axisOf([rising], 'AP', true, 0.96).max >= 3, 'the newest value is out of the axis');
  const constant = axisOf([line(of(10, () => 0.1))], 'rate', true, 0.96);
  assert.ok(constant.min === 0 && constant.max >= 0.1 && constant.max < 0.3);
  assert.is(axisOf([], 'y', true, 0.96).max, 1);
  const inside = line(of(10, (i) => i));
  assert.is(entering(inside, axisOf([inside], 'y', true, 0.96)), inside);
});

test.run();
