import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Interpolation } from '../../../datasets/augment/affine.ts';
import { crop } from '../../../datasets/augment/crop.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  adjustSharpness,
} from '../../../datasets/augment/enhance.ts';
import { flipHorizontally } from '../../../datasets/augment/horizontal-flip.ts';
import { adjustHue } from '../../../datasets/augment/hue.ts';
import { operations } from '../../../datasets/augment/rand-augment.ts';
import { autocontrast, equalize, posterize, solarize } from '../../../datasets/augment/tones.ts';
import type { Image } from '../../../datasets/index.ts';
import { fixturesDir } from '../../shared-data.ts';
import { largestDifference, testPicture, unpackBytes } from '../images/test-picture.ts';

const test = suite('augmenting operations');

interface Case {
  readonly op: string;
  readonly params: readonly [number, Interpolation];
  readonly picture: 'picture' | 'colors' | 'flat' | 'dim';
  readonly size: readonly [number, number];
  readonly rgb: string;
}

const { cases, magnitudes } = JSON.parse(
  gunzipSync(readFileSync(join(fixturesDir, 'augment.json.gz'))).toString('utf8'),
) as { cases: Case[]; magnitudes: Record<string, Record<string, number[]>> };

/** The pictures of test/fixtures/augment.py. */
const pictures: Record<Case['picture'], (width: number, height: number) => Image> = {
  picture: testPicture,
  colors(width, height) {
    let state = 1;
    const data = Uint8Array.from({ length: width * height * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    return { width, height, data };
  },
  flat: (width, height) => ({ width, height, data: new Uint8Array(width * height * 3).fill(77) }),
  dim: (width, height) => ({ width, height, data: testPicture(width, height).data.map((x) => (x >> 2) + 50) }),
};

const plain: Record<string, (image: Image, parameter: number) => Image> = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  sharpness: adjustSharpness,
  hue: adjustHue,
  posterize,
  solarize,
  autocontrast,
  equalize,
  flip: flipHorizontally,
};

for (const op of new Set(cases.map(({ op }) => op))) {
  test(`${op} gives what Pillow gives, to the last bit`, () => {
    for (const { params, picture, size, rgb } of cases.filter((one) => one.op === op)) {
      const image = pictures[picture](...size);
      const before = new Uint8Array(image.data);
      const result = plain[op]?.(image, params[0]) ?? operations[op].apply(image, params[0], params[1]);
      const title = `${picture} ${size} ${params}`;
      assert.equal([result.width, result.height], size, title);
      assert.is(largestDifference(result.data, unpackBytes(rgb)), 0, title);
      assert.equal(image.data, before, 'the original stays as it was');
    }
  });
}

test("the strengths of RandAugment are torchvision's at every step", () => {
  const image = { width: 224, height: 160, data: new Uint8Array(0) };
  for (const [bins, expected] of Object.entries(magnitudes)) {
    for (const [op, values] of Object.entries(expected)) {
      const found = values.map((_, bin) => operations[op].magnitude(bin, Number(bins), image));
      assert.equal(found, values, `${op} of ${bins}`);
    }
  }
});

test('a crop that sticks out is black there', () => {
  const image = testPicture(5, 4);
  const at = (x: number, y: number): number[] =>
    x < 0 || x >= 5 || y < 0 || y >= 4 ? [0, 0, 0] : [...image.data.subarray((y * 5 + x) * 3, (y * 5 + x) * 3 + 3)];
  for (const [left, top, width, height] of [
    [-2, -3, 4, 5],
    [1, 1, 3, 2],
    [3, 2, 6, 7],
    [-1, -1, 8, 8],
    [9, 0, 2, 2],
    [0, -7, 2, 2],
  ]) {
    const { data, ...size } = crop(image, { left, top, width, height });
    assert.equal(size, { width, height });
    const expected = Array.from({ length: width * height }, (_, i) =>
      at(left + (i % width), top + Math.floor(i / width)),
    );
    assert.equal([...data], expected.flat(), `${left} ${top}`);
  }
});

test.run();
