import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CocoAnnotation,
  type CocoDataset,
  filterDataset,
  mergeDatasets,
  readDetectionDataset,
  remapDataset,
  sampleDataset,
} from '../../../datasets/index.ts';
import { assertFails, pngHeader, Scratch } from './scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const object = (id: number, image_id: number, category_id: number, side: number, more = {}): CocoAnnotation => ({
  ...{ id, image_id, category_id, bbox: [1, 1, side, side], area: side * side, iscrowd: 0 },
  ...more,
});

const street: CocoDataset = {
  images: [1, 2, 3].map((id) => ({ id, file_name: `s${id}.png`, width: 40, height: 30 })),
  annotations: [object(1, 1, 3, 20), object(2, 1, 7, 4), object(3, 2, 9, 10, { iscrowd: 1 }), object(4, 3, 7, 9)],
  categories: [
    { id: 3, name: 'car' },
    { id: 7, name: 'truck' },
    { id: 9, name: 'person' },
  ],
};

function folderOf(dataset: CocoDataset, more: Record<string, string> = {}): string {
  return scratch.tree({
    'set.json': JSON.stringify(dataset),
    ...Object.fromEntries(dataset.images.map(({ file_name }) => [file_name, pngHeader(40, 30)])),
    ...more,
  });
}

const read = async (annotations: string) => (await readDetectionDataset({ annotations })).dataset;
const ids = (list: readonly { readonly id: number | string }[]) => list.map(({ id }) => id);

test('a filter keeps categories, areas, images and crowds as asked, with their ids', async () => {
  const folder = folderOf(street);
  const annotations = join(folder, 'set.json');
  const filter = async (name: string, rules: object) => {
    const out = join(folder, `${name}.json`);
    const { leftOut } = await filterDataset({ annotations, out, ...rules });
    return { leftOut, dataset: await read(out) };
  };
  const trucks = await filter('trucks', { categories: ['truck', 'car'], without: ['car'], empty: false });
  assert.equal(trucks.leftOut, { images: 1, annotations: 2, categories: 2 });
  assert.equal(
    [ids(trucks.dataset.images), ids(trucks.dataset.annotations)],
    [
      [1, 3],
      [2, 4],
    ],
  );
  assert.equal(trucks.dataset.categories, [{ id: 7, name: 'truck' }]);
  const sized = await filter('sized', { minArea: 16, maxArea: 100 });
  assert.equal(
    [ids(sized.dataset.images), ids(sized.dataset.annotations)],
    [
      [1, 2, 3],
      [2, 3, 4],
    ],
  );
  const single = await filter('single', { crowds: false, match: /s[23]/g });
  assert.equal([ids(single.dataset.images), ids(single.dataset.annotations)], [[2, 3], [4]]);

  const refused = (rules: object, message: RegExp) =>
    assertFails(filterDataset({ annotations, out: join(folder, 'x.json'), ...rules }), message, 'USAGE');
  await refused({ categories: ['trucks'] }, /`categories`: there is no category 'trucks'; the nearest is 'truck'/);
  await refused({ minArea: 5, maxArea: 4 }, /nothing would be left/);
  const taken = filterDataset({ annotations, out: annotations });
  await assertFails(taken, /is there already; nothing is overwritten/, 'FILE_NOT_WRITABLE');
});

test('renamed categories are joined under the id of the one that had the name', async () => {
  const folder = folderOf(street);
  const annotations = join(folder, 'set.json');
  const out = join(folder, 'out');
  await remapDataset({ annotations, out, names: { car: 'truck', person: 'walker' } });
  const dataset = await read(join(out, 'annotations.json'));
  assert.equal(dataset.categories, [
    { id: 7, name: 'truck' },
    { id: 9, name: 'walker' },
  ]);
  assert.equal(
    dataset.annotations.map(({ category_id }) => category_id),
    [7, 7, 9, 7],
  );
  await remapDataset({ annotations, out: join(folder, 'v.json'), names: { car: 'vehicle', truck: 'vehicle' } });
  assert.equal((await read(join(folder, 'v.json'))).categories[0], { id: 3, name: 'vehicle' });
  const empty = remapDataset({ annotations, out: join(folder, 'x.json'), names: { car: ' ' } });
  await assertFails(empty, /the new name of 'car'/, 'USAGE');
});

test('a sample has the number that was asked for, the same for one seed', async () => {
  const images = Array.from({ length: 50 }, (_, i) => ({ id: i + 1, file_name: `${i}.png`, width: 40, height: 30 }));
  const annotations = images.map(({ id }) => object(id, id, id % 5 ? 3 : 7, 5));
  const folder = scratch.tree({ 'set.json': JSON.stringify({ ...street, images, annotations }) });
  const source = join(folder, 'set.json');
  const sample = async (name: string, rules: object) => {
    await sampleDataset({ annotations: source, out: join(folder, name), ...rules });
    return await read(join(folder, name));
  };
  const one = await sample('one.json', { count: 10, seed: 1 });
  assert.is(one.images.length, 10);
  assert.is(one.annotations.filter(({ category_id }) => category_id === 7).length, 2);
  assert.equal(await sample('again.json', { fraction: 0.2, seed: 1 }), one);
  assert.is.not(JSON.stringify((await sample('two.json', { count: 10, seed: 2 })).images), JSON.stringify(one.images));
  const all = sampleDataset({ annotations: source, out: join(folder, 'x.json'), count: 50 });
  await assertFails(all, /has 50 images, of which 50 are no sample/);
});

test('merged categories go by names, one file is one image, and other images of its name are renamed', async () => {
  const first = folderOf(street);
  const second = folderOf({
    images: [
      { id: 1, file_name: 's1.png', width: 40, height: 30 },
      { id: 8, file_name: 'other.png', width: 40, height: 30 },
    ],
    annotations: [object(1, 1, 1, 6), object(9, 8, 3, 7)],
    categories: [
      { id: 1, name: ' car ' },
      { id: 3, name: 'dog' },
    ],
  });
  writeFileSync(join(first, 'more.json'), JSON.stringify({ ...street, annotations: [object(1, 2, 7, 3)] }));
  const out = join(first, 'out');
  const sources = ['set.json', 'more.json'].map((name) => ({ annotations: join(first, name) }));
  const done = await mergeDatasets({ sources: [...sources, { annotations: join(second, 'set.json') }], out });
  assert.equal([done.shared, done.renamed, done.images, done.linked], [3, 1, 5, 5]);
  assert.equal(done.categories, ['car', 'truck', 'person', 'dog']);
  const dataset = await read(join(out, 'annotations.json'));
  assert.equal(
    dataset.images.map(({ file_name, id }) => [id, file_name]),
    [
      [1, 's1.png'],
      [2, 's2.png'],
      [3, 's3.png'],
      [4, 'set/s1.png'],
      [8, 'other.png'],
    ],
  );
  assert.equal(
    dataset.annotations.map(({ category_id, id, image_id }) => [id, image_id, category_id]),
    [
      [1, 1, 3],
      [2, 1, 7],
      [3, 2, 9],
      [4, 3, 7],
      [5, 2, 7],
      [6, 4, 3],
      [9, 8, 4],
    ],
  );
  assert.equal(readFileSync(join(out, 'images/set/s1.png')), readFileSync(join(second, 's1.png')));
  const toFile = mergeDatasets({
    sources: [sources[0], { annotations: join(second, 'set.json') }],
    out: join(first, 'x.json'),
  });
  await assertFails(toFile, /other images have the names of 1; name a folder/);
});

test.run();
