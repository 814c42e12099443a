import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Rle } from '../../../datasets/masks/rle.ts';
import { rleFromString, rleToString } from '../../../datasets/masks/rle-string.ts';
import { Draws } from '../../eval/mask/draws.ts';

const row = (...runs: number[]): Rle => ({
  height: 1,
  width: runs.reduce((sum, run) => sum + run, 0),
  counts: Uint32Array.from(runs),
});

test('the first three runs are written as they are, the others as differences to the run two before', () => {
  // 48 + 5 bits; 16 needs a second character, since the highest bit is the sign.
  assert.is(rleToString(row(1, 2, 3)), '123');
  assert.is(rleToString(row(15, 16)), '?`0');
  assert.is(rleToString(row(1, 2, 3, 2)), '1230');
  assert.is(rleToString(row(1, 2, 3, 1, 9)), '123O6');
  assert.is(rleToString(row(0, 40, 40, 8)), '0X1X1PO');
  assert.is(rleToString(row()), '');
});

test('reading gives back what was written, also where a difference has 33 bits', () => {
  const d = new Draws(100, 0);
  const random = d.list(200, () => row(...d.list(d.between(1, 60), () => d.next() >>> d.between(8, 31))));
  const large = [
    row(5, 2 ** 32 - 10, 5),
    row(0, 0, 1, 2 ** 32 - 3, 1, 0),
    row(1, 2 ** 31, 2, 0),
    row(1, 0, 2, 2 ** 31),
  ];
  for (const rle of [...random, ...large]) assert.equal(rleFromString(rleToString(rle), 1, rle.width), rle);
});

test('malformed text is refused with its reason', () => {
  const refused = (text: string, height: number, width: number, reason: string) =>
    assert.throws(() => rleFromString(text, height, width), reason);
  refused('12 3', 2, 3, 'character 2 is " ", which is not a character of compressed runs');
  refused('12p', 2, 3, 'character 2 is "p", which is not a character of compressed runs');
  refused('1😀', 2, 3, 'character 1 is "😀", which is not a character of compressed runs');
  refused('123\n', 2, 3, 'character 3 is "\\n", which is not a character of compressed runs');
  refused('12P', 2, 3, 'it is cut off: more should follow its last character');
  refused('PPPPPPP0', 2, 3, 'one of its numbers has more than 7 characters');
  refused('124', 2, 3, 'the runs add up to 7 pixels, but 2 × 3 are 6');
  refused('12', 2, 3, 'the runs add up to 3 pixels, but 2 × 3 are 6');
  refused('', 2, 3, 'the runs add up to 0 pixels, but 2 × 3 are 6');
  // A run of −1 and one of 7.
  refused('O7', 2, 3, 'the runs add up to 4294967302 pixels, but 2 × 3 are 6');
});

test.run();
