import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cocoCategories, imagenetClasses } from '../../../datasets/index.ts';
import { hasShared, sharedData } from '../../shared-data.ts';

test("ImageNet's classes: 1,000, in the order of their WordNet ids", () => {
  const wnids = imagenetClasses.map(({ wnid }) => wnid);
  assert.is(new Set(wnids).size, 1000);
  assert.equal(wnids, wnids.toSorted());
  for (const { name, wnid } of imagenetClasses) assert.ok(/^n\d{8}$/.test(wnid) && /^\S.*\S$/.test(name), name);
  assert.equal(imagenetClasses[0], { name: 'tench', wnid: 'n01440764' });
  assert.equal(imagenetClasses[207], { name: 'golden retriever', wnid: 'n02099601' });
  assert.equal(imagenetClasses[999], { name: 'toilet tissue', wnid: 'n15075141' });
});

const classes = 'imagenet-sample/classes.tsv';
(hasShared(classes) ? test : test.skip)("ImageNet's classes equal a list from elsewhere", () => {
  const rows = readFileSync(join(sharedData, classes), 'utf8').trim().split('\n').slice(1);
  // torchvision tells the two cranes and the two maillots apart.
  const plain: Readonly<Record<string, string>> = { 'crane bird': 'crane', 'maillot tank suit': 'maillot' };
  assert.equal(
    imagenetClasses.map(({ name, wnid }, i) => `${i}\t${wnid}\t${plain[name] ?? name}`),
    rows.map((row) => row.trimEnd()),
  );
});

test("COCO's categories: 80 of the ids 1 to 90", () => {
  const ids = cocoCategories.map(({ id }) => id);
  assert.equal([ids.length, ids[0], ids[79]], [80, 1, 90]);
  const never = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !ids.includes(id));
  assert.equal(never, [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
  assert.is(cocoCategories.find(({ id }) => id === 18)?.name, 'dog');
});

const instances = 'coco-eval/val2017-79/instances_val2017.json';
(hasShared(instances) ? test : test.skip)("COCO's categories equal those of an annotation file", () => {
  const { categories } = JSON.parse(readFileSync(join(sharedData, instances), 'utf8'));
  assert.equal(
    cocoCategories,
    (categories as { id: number; name: string }[]).map(({ id, name }) => ({ id, name })),
  );
});

test.run();
