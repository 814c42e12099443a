import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupByLevel, inferScales, LevelMapper } from '../../../detection/ops/level-mapper.ts';
import { floats, golden, integers, type Packed } from '../golden.ts';

interface Golden {
  readonly boxes: Packed;
  readonly cases: { readonly strides: number[]; readonly scales: number[]; readonly levels: Packed }[];
}
const expected = golden<Golden>('levels');
const boxes = floats(expected.boxes);

test('scales and levels equal torchvision, also beside the powers of two', () => {
  const images = [
    { height: 790, width: 1066 },
    { height: 800, width: 600 },
  ];
  for (const { strides, scales, levels } of expected.cases) {
    const features = strides.map((stride) => ({ height: 800 / stride, width: 1088 / stride }));
    assert.equal(inferScales(features, images), scales);
    assert.equal([...new LevelMapper(scales).levelsOf(boxes)], [...integers(levels)]);
  }
});

test('one level takes all; boxes without area or with NaN go to the finest', () => {
  assert.equal(new Set(new LevelMapper([1 / 16]).levelsOf(boxes)), new Set([0]));
  const odd = Float32Array.of(0, 0, 0, 9, Number.NaN, 0, 500, 500, 5, 5, 1, 9, 0, 0, Number.POSITIVE_INFINITY, 9);
  assert.equal([...new LevelMapper([1 / 4, 1 / 8, 1 / 16, 1 / 32]).levelsOf(odd)], [0, 0, 0, 3]);
});

test('groups hold every region once, in order within a level, and can be undone', () => {
  const mapper = new LevelMapper([1 / 4, 1 / 8, 1 / 16, 1 / 32]);
  const perImage = [boxes.subarray(0, 80), new Float32Array(0), boxes.subarray(80)];
  const { levels, order, rank } = groupByLevel(perImage, mapper);
  const rows = levels.flatMap((level) =>
    Array.from({ length: level.length / 5 }, (_, i) => [...level.subarray(i * 5, i * 5 + 5)]),
  );
  assert.is(rows.length, boxes.length / 4);
  const levelOf = mapper.levelsOf(boxes);
  assert.equal(
    levels.map((level) => level.length / 5),
    [0, 1, 2, 3].map((level) => levelOf.filter((id) => id === level).length),
  );
  for (let region = 0; region < rank.length; region++) {
    assert.is(order[rank[region]], region);
    assert.equal(rows[rank[region]], [region < 20 ? 0 : 2, ...boxes.subarray(region * 4, region * 4 + 4)]);
    const next = rank[region] + 1;
    if (next < order.length && levelOf[order[next]] === levelOf[region]) assert.ok(order[next] > region);
  }
});

test('no regions give empty groups', () => {
  const { levels, order, rank } = groupByLevel([new Float32Array(0)], new LevelMapper([1 / 4, 1 / 8]));
  assert.equal(
    levels.map((level) => level.length),
    [0, 0],
  );
  assert.is(order.length + rank.length, 0);
});

test.run();
