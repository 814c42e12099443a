import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CocoDataset,
  type DetectionFormat,
  readDetectionDataset,
  splitDataset,
  writeDetectionDataset,
} from '../../../datasets/index.ts';
import { assertFails, pngHeader, Scratch } from './scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

/** Frames of videos, of two categories and some without objects. */
function frames(count: number): CocoDataset {
  const images = Array.from({ length: count }, (_, i) => ({
    ...{ id: i + 1, width: 64, height: 48 },
    file_name: `clip${Math.floor(i / 4)}_${String(i).padStart(3, '0')}.png`,
  }));
  const annotations = images.flatMap(({ id }) =>
    id % 5
      ? [
          {
            id,
            image_id: id,
            category_id: id % 3 ? 1 : 2,
            bbox: [4, 6, 16, 12] as const,
            area: 192,
            iscrowd: 0 as const,
          },
        ]
      : [],
  );
  const categories = [
    { id: 1, name: 'car' },
    { id: 2, name: 'bus' },
  ];
  return { images, annotations, categories };
}

async function written(dataset: CocoDataset, to: DetectionFormat): Promise<string> {
  const folder = scratch.tree(
    Object.fromEntries(
      dataset.images.map(({ file_name, width, height }) => [`photos/${file_name}`, pngHeader(width, height)]),
    ),
  );
  await writeDetectionDataset(dataset, { to, out: to === 'coco' ? join(folder, 'all.json') : join(folder, 'set') });
  return folder;
}

const sourceOf = (folder: string, format: DetectionFormat) => ({
  annotations: join(folder, format === 'coco' ? 'all.json' : 'set'),
  images: join(folder, 'photos'),
});

const partOf = (out: string, format: DetectionFormat, split: string) =>
  readDetectionDataset(format === 'coco' ? { annotations: join(out, `${split}.json`) } : { annotations: out, split });

const names = ({ images }: CocoDataset): string[] => images.map(({ file_name }) => file_name).sort();

for (const format of ['coco', 'voc', 'yolo'] as const) {
  test(`${format} is divided into parts that are read back, with linked images`, async () => {
    const dataset = frames(60);
    const folder = await written(dataset, format);
    const out = join(folder, 'out');
    const fractions = { train: 0.7, val: 0.2, test: 0.1 };
    const done = await splitDataset({ ...sourceOf(folder, format), out, fractions, seed: 4 });
    assert.is(done.format, format);
    assert.equal([done.linked, done.copied, done.missing], [60, 0, 0]);
    assert.ok(done.categories.every(({ isEven }) => isEven));
    assert.equal(
      done.parts.map(({ images }) => images),
      [42, 12, 6],
    );
    const parts = await Promise.all(Object.keys(fractions).map((split) => partOf(out, format, split)));
    assert.equal(parts.flatMap(({ dataset }) => names(dataset)).sort(), names(dataset));
    for (const { dataset: part, files, problems } of parts) {
      assert.is(problems.errors, 0);
      assert.is(files.size, part.images.length);
      for (const { file_name, id } of part.images) {
        assert.is(statSync(files.get(id)!).ino, statSync(join(folder, 'photos', file_name)).ino);
        const original = dataset.images.find((image) => image.file_name === file_name)!;
        const objects = (set: CocoDataset, image: unknown) =>
          set.annotations
            .filter(({ image_id }) => image_id === image)
            .map(({ bbox, category_id }) => [bbox, category_id]);
        assert.equal(objects(part, id), objects(dataset, original.id));
      }
    }
  });
}

test('groups stay together, copies are files of their own, and the order of images does not matter', async () => {
  const dataset = frames(40);
  const folder = await written(dataset, 'coco');
  const options = {
    ...sourceOf(folder, 'coco'),
    fractions: { a: 0.5, b: 0.5 },
    groupBy: '^(clip\\d+)_',
    copyImages: true,
  };
  const done = await splitDataset({ ...options, out: join(folder, 'one') });
  assert.equal([done.groups, done.unmatched, done.copied], [10, 0, 40]);
  const [a, b] = await Promise.all(['a', 'b'].map((split) => partOf(join(folder, 'one'), 'coco', split)));
  const clips = ({ images }: CocoDataset) => new Set(images.map(({ file_name }) => file_name.split('_')[0]));
  assert.is(clips(a.dataset).size + clips(b.dataset).size, 10);
  const [{ id, file_name }] = a.dataset.images;
  assert.is.not(statSync(a.files.get(id)!).ino, statSync(join(folder, 'photos', file_name)).ino);

  writeFileSync(join(folder, 'all.json'), JSON.stringify({ ...dataset, images: [...dataset.images].reverse() }));
  await splitDataset({ ...options, out: join(folder, 'two') });
  const again = await partOf(join(folder, 'two'), 'coco', 'a');
  assert.equal(names(again.dataset), names(a.dataset));
});

test('polygons of YOLO stay polygons', async () => {
  const folder = scratch.tree({
    'data.yaml': 'names: [leaf]\ntrain: images\nval: images\n',
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`images/${i}.png`, pngHeader(20, 10)])),
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`labels/${i}.txt`, '0 0.1 0.2 0.5 0.2 0.5 0.9\n'])),
  });
  const out = join(folder, 'out');
  const done = await splitDataset({ annotations: folder, out, fractions: { train: 0.5, val: 0.5 } });
  assert.equal(done.lost, []);
  const { dataset } = await readDetectionDataset({ annotations: out, split: 'val' });
  assert.equal(dataset.annotations[0].segmentation, [[2, 2, 10, 2, 10, 9]]);
});

test('nothing is overwritten, and wrong shares are refused', async () => {
  const folder = await written(frames(8), 'coco');
  const source = sourceOf(folder, 'coco');
  const out = join(folder, 'out');
  await splitDataset({ ...source, out, fractions: { train: 0.5, val: 0.5 } });
  const before = readFileSync(join(out, 'train.json'), 'utf8');
  const again = splitDataset({ ...source, out, fractions: { train: 0.75, val: 0.25 } });
  await assertFails(again, /out: has files already, such as .*nothing is overwritten/, 'FILE_NOT_WRITABLE');
  assert.is(readFileSync(join(out, 'train.json'), 'utf8'), before);
  const file = join(folder, 'all.json');
  await assertFails(splitDataset({ ...source, out: file, fractions: { train: 1 } }), /is a file/, 'FILE_NOT_WRITABLE');

  const refused = async (fractions: Record<string, number>, message: RegExp, code = 'USAGE', more = {}) => {
    await assertFails(splitDataset({ ...source, out: join(folder, 'no'), fractions, ...more }), message, code);
    assert.not(readdirSync(folder).includes('no'));
  };
  await refused({ train: 0.8, val: 0.1 }, /`fractions` sum to 0.9/);
  await refused({ train: 0.8, '../x': 0.2 }, /cannot name a part/);
  await refused({ names: 0.8, val: 0.2 }, /cannot name a part/);
  await refused({ train: 1.2, val: -0.2 }, /train is 1.2/);
  await refused({ a: 0.5, A: 0.5 }, /differ only in case/);
  await refused({ a: 0.5, b: 0.5 }, /`seed` must be a whole number/, 'USAGE', { seed: 0.5 });
  await refused({ a: 0.5, b: 0.5 }, /`groupBy` is no regular expression/, 'USAGE', { groupBy: '(' });
  await refused({ a: 0.4, b: 0.3, c: 0.3 }, /need at least as many groups/, 'BAD_DATASET', { groupBy: '^clip(\\d)_' });
});

test.run();
