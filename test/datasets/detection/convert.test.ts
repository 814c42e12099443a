import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CocoAnnotation,
  type CocoDataset,
  convertDataset,
  readDetectionDataset,
  writeDetectionDataset,
} from '../../../datasets/index.ts';
import { hasShared, sharedData } from '../../shared-data.ts';
import { randomDataset } from './random-dataset.ts';
import { assertFails, pngHeader, Scratch } from './scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed);

/** What all three formats hold: order and ids of annotations are not among it. */
function essence({ images, annotations, categories }: CocoDataset) {
  const size = images.map(({ id, file_name, width, height }) => [id, file_name, width, height]);
  const object = ({ image_id, category_id, bbox, iscrowd }: CocoAnnotation) =>
    JSON.stringify([image_id, category_id, bbox, iscrowd]);
  return {
    images: size.sort(),
    annotations: annotations.map(object).sort(),
    categories: [...categories].sort((a, b) => a.id - b.id),
  };
}

/** Headers of the images, so that their sizes can be read. */
function imagesOf({ images }: CocoDataset, folder: string): string {
  for (const { file_name, width, height } of images) {
    const path = join(folder, file_name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pngHeader(width, height));
  }
  return folder;
}

test('COCO and back through each format gives the same boxes, categories and images', async () => {
  for (const seed of SEEDS) {
    const dataset = randomDataset(seed, { crowds: true });
    const [coco, voc, yolo] = ['a.json', 'voc', 'yolo'].map((name) => scratch.path(String(seed), name));
    await writeDetectionDataset(dataset, { to: 'coco', out: coco });
    assert.equal((await readDetectionDataset({ annotations: coco })).dataset, dataset);

    await convertDataset({ annotations: coco, to: 'voc', out: voc });
    assert.equal(essence((await readDetectionDataset({ annotations: voc })).dataset), essence(dataset), `seed ${seed}`);

    const single = { ...dataset, annotations: dataset.annotations.filter(({ iscrowd }) => !iscrowd) };
    if (!single.annotations.length) continue;
    const images = imagesOf(dataset, scratch.path(String(seed), 'images'));
    await convertDataset({ annotations: voc, images, to: 'yolo', out: yolo });
    const again = (await readDetectionDataset({ annotations: yolo, images })).dataset;
    assert.equal(essence({ ...again, annotations: [] }), essence({ ...single, annotations: [] }));
    assertSameBoxes(again, single);
  }
});

/** Fractions of an image keep billionths of a pixel, so that hundredths, as COCO has them, come back as they were. */
function assertSameBoxes(actual: CocoDataset, expected: CocoDataset): void {
  const order = new Map(expected.images.map(({ id }, index) => [id, index]));
  const byImage = (list: readonly CocoAnnotation[]) =>
    [...list].sort((a, b) => order.get(a.image_id)! - order.get(b.image_id)! || a.id - b.id);
  const boxes = byImage(actual.annotations);
  assert.is(boxes.length, expected.annotations.length);
  for (const [index, { image_id, category_id, bbox }] of byImage(expected.annotations).entries()) {
    const found = boxes[index];
    assert.equal([found.image_id, found.category_id], [image_id, category_id]);
    for (const [side, value] of bbox.entries()) {
      const isHundredths = value === Math.round(value * 100) / 100;
      if (isHundredths) assert.is(found.bbox[side], value);
      else assert.ok(Math.abs(found.bbox[side] - value) < 2e-9, `${found.bbox[side]} ${value}`);
    }
  }
}

test("VOC's marks survive a way through COCO", async () => {
  const dataset = randomDataset(3, { crowds: false });
  const marks = { pose: 'Left', truncated: 1, occluded: 1, difficult: 1, ignore: 1 } as const;
  const annotations = dataset.annotations.map((annotation, i) => (i % 2 ? { ...annotation, ...marks } : annotation));
  const [first, second, json] = [scratch.path('m1'), scratch.path('m2'), scratch.path('m.json')];
  await writeDetectionDataset({ ...dataset, annotations }, { to: 'voc', out: first });
  await convertDataset({ annotations: first, to: 'coco', out: json });
  await convertDataset({ annotations: json, to: 'voc', out: second });
  const names = readdirSync(join(first, 'Annotations'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.xml'),
  );
  assert.ok(names.length);
  for (const name of names) {
    const text = readFileSync(join(first, 'Annotations', name), 'utf8');
    assert.is(readFileSync(join(second, 'Annotations', name), 'utf8'), text);
  }
});

const small: CocoDataset = {
  images: [
    { id: 1, file_name: '1.png', width: 100, height: 50 },
    { id: 2, file_name: '2.png', width: 100, height: 50 },
  ],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 7,
      bbox: [10, 10, 20, 20],
      area: 300,
      iscrowd: 0,
      segmentation: [[10, 10, 30, 10, 30, 30]],
    },
    { id: 2, image_id: 1, category_id: 5, bbox: [0, 0, 50, 50], area: 2500, iscrowd: 1 },
  ],
  categories: [
    { id: 7, name: 'dog' },
    { id: 5, name: 'cat' },
  ],
};
const json = (dataset: unknown, name = 'small.json'): string => scratch.write(name, JSON.stringify(dataset));
const text = (...path: string[]): string => readFileSync(scratch.path(...path), 'utf8');

test("YOLO's files, in Ultralytics' layout", async () => {
  const images = scratch.tree({ '1.png': pngHeader(100, 50), 'deep/2.png': pngHeader(100, 50) });
  const options = { annotations: json(small), images, to: 'yolo', out: scratch.path('y'), copyImages: true } as const;
  const { annotations, lost } = await convertDataset(options);
  assert.is(annotations, 1);
  assert.equal(lost, ['1 mask', '1 crowd']);
  assert.is(text('y', 'classes.txt'), 'cat\ndog\n');
  assert.is(text('y', 'data.yaml'), 'train: images.txt\nval: images.txt\nnames:\n  0: cat\n  1: dog\n');
  assert.is(text('y', 'images.txt'), './images/1.png\n./images/2.png\n');
  assert.is(text('y', 'labels', '1.txt'), '1 0.2 0.4 0.2 0.4\n');
  assert.is(text('y', 'labels', '2.txt'), '');
  assert.equal(readdirSync(scratch.path('y', 'images')), ['1.png', '2.png']);
  assert.equal(readdirSync(scratch.path('y')), [
    'categories.json',
    'classes.txt',
    'data.yaml',
    'images',
    'images.txt',
    'labels',
  ]);
  assert.equal((await readDetectionDataset({ annotations: scratch.path('y') })).dataset.categories, [
    small.categories[1],
    small.categories[0],
  ]);
  await convertDataset(options); // once more changes nothing
});

test('splits share a folder, as long as their names agree', async () => {
  const out = scratch.path('splits');
  const one = (index: number) => ({
    ...small,
    images: [small.images[index]],
    annotations: small.annotations.slice(0, index ? 0 : 1),
  });
  for (const [index, split] of ['train', 'val'].entries()) {
    for (const to of ['voc', 'yolo'] as const)
      await writeDetectionDataset(one(index), { to, out: join(out, to), split });
  }
  assert.is(text('splits', 'yolo', 'data.yaml'), 'train: train.txt\nnames:\n  0: cat\n  1: dog\nval: val.txt\n');
  assert.is(text('splits', 'yolo', 'val.txt'), './images/2.png\n');
  assert.is(text('splits', 'voc', 'ImageSets', 'Main', 'train.txt'), '1\n');
  const { dataset } = await readDetectionDataset({ annotations: join(out, 'voc'), split: 'val' });
  assert.equal(dataset.images, [small.images[1]]);
  const others = { ...small, categories: [{ id: 5, name: 'bird' }, small.categories[0]] };
  const failing = writeDetectionDataset(others, { to: 'yolo', out: join(out, 'yolo'), split: 'test' });
  await assertFails(failing, /data\.yaml: names other classes/, 'FILE_NOT_WRITABLE');
});

test('what is there and differs is never written over', async () => {
  const out = scratch.tree({ 'labels/1.txt': 'by hand', 'Annotations/1.xml': 'by hand', 'images/1.png': 'a picture' });
  const annotations = json(small);
  await assertFails(
    convertDataset({ annotations, to: 'yolo', out }),
    /labels\/1\.txt: is there already/,
    'FILE_NOT_WRITABLE',
  );
  const voc = convertDataset({ annotations, to: 'voc', out: scratch.tree({ 'Annotations/1.xml': 'by hand' }) });
  await assertFails(voc, /Annotations\/1\.xml: is there already/, 'FILE_NOT_WRITABLE');
  const images = scratch.tree({ '1.png': pngHeader(100, 50), '2.png': pngHeader(100, 50) });
  const copy = {
    annotations,
    images,
    to: 'yolo',
    out: scratch.tree({ 'images/1.png': 'other' }),
    copyImages: true,
  } as const;
  await assertFails(convertDataset(copy), /images\/1\.png: is there already/, 'FILE_NOT_WRITABLE');
  assert.is(readFileSync(join(out, 'labels', '1.txt'), 'utf8'), 'by hand');
  await assertFails(convertDataset({ annotations, to: 'coco', out: annotations }), /is what is read/, 'USAGE');
});

test('names that cannot be files, or that would be the same file', async () => {
  const named = (...names: string[]) => ({
    ...small,
    images: names.map((file_name, index) => ({ ...small.images[0], id: index + 1, file_name })),
    annotations: [],
  });
  for (const to of ['voc', 'yolo'] as const) {
    const write = (...names: string[]) => writeDetectionDataset(named(...names), { to, out: scratch.path('bad', to) });
    for (const name of ['../up.png', '/abs.png', 'a/../../b.png', 'C:\\x.png', '..\\x.png', 'a\nb.png']) {
      await assertFails(write(name), /is no path within a folder/);
    }
    await assertFails(write('a.png', 'a.jpg'), /'a\.png' and 'a\.jpg' would share one annotation file/);
    await assertFails(write('A.png', 'a.png'), /would share/);
    const twice = {
      ...small,
      annotations: [],
      categories: [
        { id: 1, name: 'x' },
        { id: 2, name: 'x ' },
      ],
    };
    await assertFails(
      writeDetectionDataset(twice, { to, out: scratch.path('bad', to) }),
      /category "x" is there twice/,
    );
    const control = { ...small, annotations: [], categories: [{ id: 1, name: 'x\u0001y' }] };
    await assertFails(writeDetectionDataset(control, { to, out: scratch.path('bad', to) }), /control character/);
  }
  assert.not(existsSync(scratch.path('up.txt')));
});

test('errors of the source: strict conversion fails, another leaves them out', async () => {
  const annotations = json({ ...small, annotations: [...small.annotations, { id: 3, image_id: 9 }] }, 'wrong.json');
  const out = scratch.path('left.json');
  await assertFails(convertDataset({ annotations, to: 'coco', out }), /image_id is 9/);
  assert.not(existsSync(out));
  const { problems } = await convertDataset({ annotations, to: 'coco', out, strict: false });
  assert.is(problems.errors, 1);
  assert.equal(JSON.parse(readFileSync(out, 'utf8')), small);
});

test('an aborted conversion leaves whole files only', async () => {
  const dataset = randomDataset(1, { crowds: false });
  const reason = new Error('enough');
  for (const to of ['voc', 'yolo'] as const) {
    const out = scratch.path('aborted', to);
    const work = writeDetectionDataset(dataset, { to, out, signal: AbortSignal.abort(reason) });
    assert.is(await work.catch((error: unknown) => error), reason);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    assert.ok(
      files.every((name) => !name.includes('partial')),
      files.join(),
    );
  }
});

(hasShared('bccd') ? test : test.skip)('BCCD and back is the same, file by file in what VOC holds', async () => {
  const [coco, voc] = [scratch.path('bccd.json'), scratch.path('bccd')];
  const annotations = `${sharedData}/bccd`;
  await convertDataset({ annotations, to: 'coco', out: coco });
  await convertDataset({ annotations: coco, to: 'voc', out: voc });
  const [before, after] = await Promise.all(
    [annotations, voc].map((path) => readDetectionDataset({ annotations: path })),
  );
  assert.equal(after.dataset, before.dataset);
});

const photo = { images: [{ id: 1, file_name: 'a.png', width: 4, height: 3 }], annotations: [], categories: [] };

test('images are copied from beside the JSON, to where they are found again', async () => {
  for (const to of ['coco', 'voc', 'yolo'] as const) {
    const source = scratch.tree({ 'x.json': JSON.stringify(photo), 'a.png': pngHeader(4, 3) });
    const annotations = join(source, 'x.json');
    const out = to === 'coco' ? join(source, 'new/new.json') : join(source, 'new');
    const { copied } = await convertDataset({ annotations, to, out, copyImages: true });
    const folder = join(source, 'new', to === 'voc' ? 'JPEGImages' : 'images');
    assert.equal(copied, { folder, images: 1 });
    assert.equal(readdirSync(folder), ['a.png']);
    if (to !== 'coco') continue;
    assert.is((await readDetectionDataset({ annotations: out })).files.get(1), join(folder, 'a.png'));
  }
});

test('copying images that are not known is an error, and nothing is written', async () => {
  const source = scratch.tree({ 'x.json': JSON.stringify(photo) });
  const out = join(source, 'new');
  await assertFails(
    convertDataset({ annotations: join(source, 'x.json'), to: 'voc', out, copyImages: true }),
    /x\.json: none of its 1 images is found, so that none can be copied; name their folder/,
    'FILE_NOT_FOUND',
  );
  assert.not(existsSync(out));
});

test('images are copied to no other folder than that of the new data set', async () => {
  const images = [{ ...photo.images[0], file_name: '../a.png' }];
  const source = scratch.tree({ 'sub/x.json': JSON.stringify({ ...photo, images }), 'a.png': pngHeader(4, 3) });
  const out = join(source, 'sub/new/y.json');
  await assertFails(
    convertDataset({ annotations: join(source, 'sub/x.json'), images: source, to: 'coco', out, copyImages: true }),
    /is no path within a folder/,
  );
});

test('names with spaces around and numbers behind come back from VOC', async () => {
  const names = ['img 1', ' outer ', 'img', 'a  -1', 'é 0'];
  const [size, at] = [
    { width: 40, height: 30 },
    { category_id: 1, bbox: [1, 2, 3, 4], area: 12, iscrowd: 0 },
  ];
  const dataset = {
    images: names.map((name, index) => ({ id: index + 1, file_name: `${name}.jpg`, ...size })),
    annotations: names.map((_, index) => ({ id: index + 1, image_id: index + 1, ...at })),
    categories: [{ id: 1, name: 'cat' }],
  };
  const annotations = scratch.write('spaces/in.json', JSON.stringify(dataset));
  const voc = scratch.path('spaces/voc');
  await convertDataset({ annotations, to: 'voc', out: voc, split: 'train' });
  const again = await readDetectionDataset({ annotations: voc, split: 'train' });
  assert.equal(
    again.dataset.images.map(({ file_name }) => file_name),
    names.map((name) => `${name}.jpg`),
  );
  assert.is(again.problems.errors, 0);
});

test.run();
