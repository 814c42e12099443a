import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AnchorGenerator } from '../../../detection/ops/anchors.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { equal, floats, golden, type Packed, sizeOfPair } from '../golden.ts';

interface Case {
  readonly sizes: number[][];
  readonly ratios: number[][];
  readonly padded: [number, number];
  readonly grids: [number, number][];
  readonly anchors: Packed;
}
const cases = golden<Case[]>('anchors');

test('grid anchors equal torchvision, for one size per level and for several', () => {
  for (const { sizes, ratios, padded, grids, anchors } of cases) {
    const generator = new AnchorGenerator(sizes, ratios);
    equal(generator.gridAnchors(grids.map(sizeOfPair), sizeOfPair(padded)), floats(anchors), 'anchors');
  }
});

test('anchors of chosen rows are those rows of the grid', () => {
  const { sizes, ratios, padded, grids } = cases[1];
  const generator = new AnchorGenerator(sizes, ratios);
  const all = generator.gridAnchors(grids.map(sizeOfPair), sizeOfPair(padded));
  const firstOfLevel1 = grids[0][0] * grids[0][1] * generator.anchorsPerLocation[0];
  const rows = Int32Array.of(23, 0, 5);
  const chosen = generator.anchorsAt(1, sizeOfPair(grids[1]), sizeOfPair(padded), rows);
  for (const [i, row] of rows.entries()) {
    const start = (firstOfLevel1 + row) * 4;
    assert.equal(chosen.subarray(i * 4, i * 4 + 4), all.subarray(start, start + 4));
  }
});

test('flat lists mean one size per level and the same ratios everywhere', () => {
  const flat = new AnchorGenerator([32, 64], [0.5, 1, 2]);
  const nested = new AnchorGenerator(
    [[32], [64]],
    [
      [0.5, 1, 2],
      [0.5, 1, 2],
    ],
  );
  assert.equal(flat.baseAnchors, nested.baseAnchors);
  assert.equal(flat.anchorsPerLocation, [3, 3]);
});

test('base anchors are centered, and halves are rounded to even', () => {
  const [base] = new AnchorGenerator([[45, 47, 32]], [[1]]).baseAnchors;
  assert.equal([...base], [-22, -22, 22, 22, -24, -24, 24, 24, -16, -16, 16, 16]);
});

test('lists that do not fit together or hold nonsense are refused', () => {
  const refused = (sizes: number[][], ratios: number[][], field: RegExp) =>
    assert.throws(
      () => new AnchorGenerator(sizes, ratios),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'BAD_CONFIG' && field.test(error.message),
    );
  refused([[32], [64]], [[1]], /anchor_sizes has 2 levels and aspect_ratios 1/);
  refused([], [], /anchor_sizes has 0 levels/);
  refused([[32], []], [[1], [1]], /anchor_sizes holds \[\]/);
  refused([[-4]], [[1]], /anchor_sizes holds \[-4\]/);
  refused([[4]], [[Number.NaN]], /aspect_ratios holds/);
});

test.run();
