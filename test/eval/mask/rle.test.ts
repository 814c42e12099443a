import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Rle, rleArea, rleDecode, rleEncode, rleMerge, rleToBbox } from '../../../datasets/masks/rle.ts';
import { rleFromRows, rleToRows } from '../../../datasets/masks/row-major.ts';
import { type BinaryMask, decode, encode } from '../../../eval/mask/mask.ts';
import { bbIou, maskIntersection, maskIou, prepareMask, rleIou } from '../../../eval/mask/mask-iou.ts';
import { maskCase } from './mask-cases.ts';

const small = Array.from({ length: 300 }, (_, i) => maskCase(i + 1)).filter(({ data }) => data.length < 50_000);
const rleOf = ({ data, height, width }: BinaryMask) => rleFromRows(data, height, width);
const counts = (...runs: number[]) => Uint32Array.from(runs);

test('decoding gives back what was encoded', () => {
  assert.ok(small.length > 200);
  for (const mask of small) {
    const { data, ...size } = decode(encode(mask));
    assert.equal(size, { height: mask.height, width: mask.width });
    assert.ok(data.every((value, i) => value === (mask.data[i] ? 1 : 0)));
  }
});

test('runs go down the columns, also from an array that begins anywhere in its buffer', () => {
  const mask = Uint8Array.of(9, 9, 9, 0, 0, 1, 1, 0, 1, 255, 0);
  const expected: Rle = { height: 2, width: 4, counts: counts(2, 2, 1, 2, 1) };
  assert.equal(rleEncode(mask.subarray(3), 2, 4), expected);
  assert.equal(rleEncode(mask.slice(3), 2, 4), expected);
  assert.equal(rleDecode(expected), Uint8Array.of(0, 0, 1, 1, 0, 1, 1, 0));
  assert.equal(rleToRows(expected), Uint8Array.of(0, 1, 0, 1, 0, 1, 1, 0));
  assert.equal(rleEncode(new Uint8Array(0), 0, 3).counts, counts(0));
});

test('area and box are those of the pixels', () => {
  for (const mask of small) {
    const inside = [...mask.data.keys()].filter((i) => mask.data[i]);
    const rle = rleOf(mask);
    assert.is(rleArea(rle), inside.length);
    const [xs, ys] = [inside.map((i) => i % mask.width), inside.map((i) => Math.floor(i / mask.width))];
    const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), 0);
    const [x, y] = [least(xs), least(ys)];
    assert.equal(rleToBbox(rle), inside.length ? [x, y, most(xs) - x + 1, most(ys) - y + 1] : [0, 0, 0, 0]);
  }
});

test('union, intersection and IoU are those of the pixels', () => {
  const [height, width] = [37, 23];
  // Cut from masks of all kinds to one size, so that any two can be compared.
  const masks = small.slice(0, 60).map(({ data, ...size }) => {
    const at = (i: number) => data[(((i / width) % size.height) | 0) * size.width + ((i % width) % size.width)];
    return Uint8Array.from({ length: height * width }, (_, i) => (at(i) ? 1 : 0));
  });
  const rles = masks.map((mask) => rleFromRows(mask, height, width));
  const prepared = rles.map(prepareMask);
  const crowds = rles.map((_, i) => i % 2);
  const ious = maskIou(prepared, prepared, crowds);
  assert.equal(rleIou(rles, rles, crowds), ious);
  const size = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0);
  for (const [d, a] of masks.entries()) {
    for (const [g, b] of masks.entries()) {
      const union = a.map((value, i) => value | b[i]);
      const shared = a.map((value, i) => value & b[i]);
      assert.equal(rleToRows(rleMerge([rles[d], rles[g]], false)), union);
      assert.equal(rleToRows(rleMerge([rles[d], rles[g]], true)), shared);
      assert.is(maskIntersection(prepared[d], prepared[g]), size(shared));
      const whole = crowds[g] ? size(a) : size(union);
      assert.is(ious[d * masks.length + g], size(shared) ? size(shared) / whole : 0);
    }
  }
});

test('masks of different sizes have an IoU of −1 where their boxes meet', () => {
  const a: Rle = { height: 2, width: 3, counts: counts(0, 6) };
  const b: Rle = { height: 3, width: 4, counts: counts(0, 1, 11) };
  const c: Rle = { height: 3, width: 4, counts: counts(11, 1) };
  assert.equal(rleIou([a], [b, c], [0, 0]), Float64Array.of(-1, 0));
});

test('merging needs one size, and gives a mask of no size when there is none', () => {
  const a: Rle = { height: 2, width: 3, counts: counts(0, 6) };
  const b: Rle = { height: 3, width: 2, counts: counts(0, 6) };
  assert.throws(() => rleMerge([a, a, b], false), 'masks to merge differ in size: mask 0 is 2 × 3, mask 2 is 3 × 2');
  assert.equal(rleMerge([a], true), a);
  assert.equal(rleMerge([], true), { height: 0, width: 0, counts: counts() });
});

test('positions of up to 2³² pixels do not overflow', () => {
  const rle: Rle = { height: 65535, width: 65535, counts: counts(65535 ** 2 - 10, 4, 6) };
  assert.equal(rleToBbox(rle), [65534, 65525, 1, 4]);
  const full: Rle = { height: 65535, width: 65535, counts: counts(0, 65535 ** 2) };
  assert.equal(rleToBbox(full), [0, 0, 65535, 65535]);
  assert.equal(rleMerge([rle, full], true).counts, rle.counts);
  assert.equal(rleMerge([rle, full], false).counts, full.counts);
  assert.equal(rleIou([full, rle], [full, rle], [0, 0]), Float64Array.of(1, 4 / 65535 ** 2, 4 / 65535 ** 2, 1));
});

test('boxes that touch or are empty have an IoU of 0', () => {
  const dt = Float64Array.of(0, 0, 2, 2, 5, 5, 0, 0);
  const gt = Float64Array.of(2, 0, 2, 2, 1, 1, 2, 2, 5, 5, 0, 0);
  assert.equal(bbIou(dt, gt, [0, 0, 0]), Float64Array.of(0, 1 / 7, 0, 0, 0, 0));
  assert.equal(bbIou(dt, gt, [true, true, true]), Float64Array.of(0, 1 / 4, 0, 0, 0, 0));
});

test.run();
