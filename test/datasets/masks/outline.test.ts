import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskOutline } from '../../../datasets/masks/outline.ts';
import { rleFromRows, rleToRows } from '../../../datasets/masks/row-major.ts';
import { Random } from '../../../io/random.ts';

/** A mask of rows of `#` and other characters. */
const maskOf = (...rows: string[]) =>
  rleFromRows(
    Uint8Array.from(rows.join(''), (pixel) => Number(pixel === '#')),
    rows.length,
    rows[0].length,
  );

/** The pixels whose centers are inside polygons, by the even-odd rule. */
const filled = (polygons: number[][], height: number, width: number) =>
  Uint8Array.from({ length: height * width }, (_, at) => {
    const [px, py] = [(at % width) + 0.5, Math.floor(at / width) + 0.5];
    let crossings = 0;
    for (const corners of polygons) {
      for (let i = 0; i < corners.length; i += 2) {
        const [x, y, nextX, nextY] = [0, 1, 2, 3].map((k) => corners[(i + k) % corners.length]);
        if (x === nextX && x > px && y > py !== nextY > py) crossings++;
      }
    }
    return crossings % 2;
  });

test('a rectangle is its four corners, clockwise; a hole goes the other way', () => {
  assert.equal(maskOutline(maskOf('....', '.##.', '.##.', '....')), [[3, 1, 3, 3, 1, 3, 1, 1]]);
  assert.equal(maskOutline(maskOf('###', '#.#', '###')), [
    [3, 0, 3, 3, 0, 3, 0, 0],
    [2, 2, 2, 1, 1, 1, 1, 2],
  ]);
});

test('pixels that touch in a corner are apart; an empty mask has no outline', () => {
  assert.equal(maskOutline(maskOf('#.', '.#')), [
    [1, 0, 1, 1, 0, 1, 0, 0],
    [2, 1, 2, 2, 1, 2, 1, 1],
  ]);
  assert.equal(maskOutline(maskOf('..', '..')), []);
});

test('filled again, outlines give the pixels of any mask', () => {
  const random = new Random(3);
  for (let i = 0; i < 60; i++) {
    const [height, width] = [1 + Math.floor(9 * random.uniform()), 1 + Math.floor(9 * random.uniform())];
    const pixels = Uint8Array.from({ length: height * width }, () => Number(random.uniform() < 0.6));
    const mask = rleFromRows(pixels, height, width);
    assert.equal(filled(maskOutline(mask), height, width), rleToRows(mask));
  }
});

test.run();
