import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../../errors.ts';
import { COCO, COCOeval } from '../../../eval/index.ts';
import { type CocoCase, digest, readFixture, sameArrays } from './coco-cases.ts';

const cases = readFixture<CocoCase[]>('coco_params.json.gz');

test("repeated, few and unsorted limits, odd ranges of area, some images and categories: pycocotools' numbers", () => {
  const counts = { numbers: 0, refused: 0 };
  for (const [i, { dt, expected, gt, params, type }] of cases.entries()) {
    const name = `${type} case ${i}, ${JSON.stringify(params)}`;
    const coco = new COCO(gt);
    const e = new COCOeval(coco, coco.loadRes(dt), type);
    Object.assign(e.params, params);
    e.evaluate();
    e.accumulate();
    sameArrays(e.eval!, expected.all, name);
    const lines: string[] = [];
    const summarize = () => e.summarize((line) => lines.push(`${line}\n`));
    if (expected.stats) {
      summarize();
      assert.equal(e.stats, expected.stats, `${name}: stats`);
      assert.is(digest(lines.join('')), expected.lines, `${name}: printed\n${lines.join('')}`);
      counts.numbers++;
    } else {
      // pycocotools ends with an IndexError.
      assert.throws(summarize, (error: Error) => error instanceof ResnetCocoError && error.code === 'BAD_CONFIG', name);
      counts.refused++;
    }
  }
  assert.ok(counts.numbers > 80 && counts.refused > 20, JSON.stringify(counts));
});

test.run();
