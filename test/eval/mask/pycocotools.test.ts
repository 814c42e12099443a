import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mask } from '../../../eval/index.ts';
import type { CompressedRle } from '../../../eval/mask/mask.ts';
import { fixturesDir } from '../../shared-data.ts';
import { maskCase } from './mask-cases.ts';
import { boxCase, boxGroupCase, groupCase, polygonCase, runsCase, type ShapeCase } from './polygon-cases.ts';

/** Text or its hash, area, x, y, width, height of a mask. */
type Facts = [text: string, area: number, x: number, y: number, width: number, height: number];

interface Expected {
  readonly masks: Facts[];
  readonly polygons: Facts[];
  readonly boxes: Facts[];
  readonly groups: [union: string, intersection: string, ious: number[][]][];
  readonly boxGroups: number[][][];
  readonly runs: [Facts, Facts, ious: [number, number], merged: [union: string, intersection: string] | null][];
}

const packed = readFileSync(join(fixturesDir, 'masks.json.gz'));
const expected: Expected = JSON.parse(gunzipSync(packed).toString());

function text({ counts }: CompressedRle): string {
  return counts.length <= 16 ? counts : `#${createHash('sha256').update(counts).digest('hex').slice(0, 12)}`;
}

const facts = (rle: CompressedRle): Facts => [text(rle), mask.area(rle), ...mask.toBbox(rle)];
const drawn = ({ shape, height, width }: ShapeCase) => mask.frPyObjects(shape, height, width);
const crowds = [false, true, false, false];

test('masks are encoded as pycocotools encodes them, from 1 pixel to 4096 × 4096', () => {
  assert.is(expected.masks.length, 1000);
  for (const [index, wanted] of expected.masks.entries()) {
    assert.equal(facts(mask.encode(maskCase(index))), wanted, `mask ${index}`);
  }
});

test('polygons are drawn as pycocotools draws them', () => {
  assert.is(expected.polygons.length, 1000);
  for (const [index, wanted] of expected.polygons.entries()) {
    assert.equal(facts(drawn(polygonCase(index))), wanted, `polygon ${index}`);
  }
});

test('boxes are drawn as pycocotools draws them', () => {
  for (const [index, wanted] of expected.boxes.entries()) {
    assert.equal(facts(drawn(boxCase(index))), wanted, `box ${index}`);
  }
});

test('masks are merged and compared to the last bit as by pycocotools', () => {
  for (const [index, wanted] of expected.groups.entries()) {
    const rles = groupCase(index).map(drawn);
    const ious = mask.iou(rles.slice(0, 5), rles.slice(5), crowds);
    const merged = [text(mask.merge(rles)), text(mask.merge(rles.slice(0, 3), true))];
    assert.equal([...merged, ious], wanted, `group ${index}`);
  }
});

test('boxes are compared to the last bit as by pycocotools', () => {
  for (const [index, wanted] of expected.boxGroups.entries()) {
    const boxes = boxGroupCase(index);
    assert.equal(mask.iou(boxes.slice(0, 5), boxes.slice(5), crowds), wanted, `group ${index}`);
  }
});

test('empty runs and different sizes have the effects that they have in pycocotools', () => {
  for (const [index, [factsA, factsB, ious, merged]] of expected.runs.entries()) {
    const [a, b] = [0, 1].map((i) => mask.frPyObjects(runsCase(2 * index + i), 0, 0));
    assert.equal([facts(a), facts(b)], [factsA, factsB], `pair ${index}`);
    assert.equal(
      [0, 1].map((crowd) => mask.iou([a], [b], [crowd])[0][0]),
      ious,
      `pair ${index}`,
    );
    if (!merged) assert.throws(() => mask.merge([a, b]), /differ in size/);
    else
      assert.equal(
        [false, true].map((intersect) => text(mask.merge([a, b], intersect))),
        merged,
        `pair ${index}`,
      );
  }
});

test.run();
