import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { imbalances } from '../../../../datasets/detection/check/check-dataset.ts';
import { samePictures } from '../../../../datasets/detection/check/duplicates.ts';
import { imageSignature, looksAlike } from '../../../../datasets/detection/check/image-signature.ts';
import { oddBoxes } from '../../../../datasets/detection/check/odd-boxes.ts';
import {
  type CocoAnnotation,
  checkDetectionData,
  type Image,
  readDetectionDataset,
  resizeAntialiased,
  writeImage,
} from '../../../../datasets/index.ts';
import { datasetPage } from '../../../../eval/report/dataset-page.ts';
import { Random } from '../../../../io/random.ts';
import { Scratch } from '../scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

/** A picture of soft shapes, other for each seed. */
function picture(seed: number, width = 96, height = 64): Image {
  const random = new Random(seed);
  const waves = Array.from({ length: 6 }, () => [
    random.uniform(1, 6),
    random.uniform(1, 6),
    random.uniform(0, 6),
    random.integer(3),
  ]);
  const data = new Uint8Array(width * height * 3).fill(128);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [u, v, phase, channel] of waves) {
        const value = 40 * Math.sin((u * x * 3) / width + (v * y * 3) / height + phase);
        for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] += c === channel ? value / 2 : value / 4;
      }
  return { width, height, data };
}

const signatureOf = (image: Image) =>
  imageSignature(Float32Array.from(resizeAntialiased(image, 32, 32).data, (level) => level / 255));

const changed = ({ data, ...size }: Image, level: (value: number) => number): Image => ({
  ...size,
  data: Uint8Array.from(data, (value) => Math.max(0, Math.min(255, level(value)))),
});

test('a picture in another size or brightness looks alike; others do not', () => {
  for (let seed = 0; seed < 20; seed++) {
    const original = picture(seed);
    const one = signatureOf(original);
    assert.ok(looksAlike(one, signatureOf(resizeAntialiased(original, 50, 33))), `size, seed ${seed}`);
    assert.ok(looksAlike(one, signatureOf(changed(original, (value) => value * 0.9 + 20))), `brightness, seed ${seed}`);
    assert.not(looksAlike(one, signatureOf(picture(seed + 100))), `other, seed ${seed}`);
    assert.not(looksAlike(one, signatureOf(changed(original, (value) => 255 - value))), `negative, seed ${seed}`);
  }
  const flat = (level: number) => signatureOf({ width: 40, height: 40, data: new Uint8Array(4800).fill(level) });
  assert.ok(looksAlike(flat(10), flat(10)));
  assert.not(looksAlike(flat(10), flat(200)));
});

test('groups join what is the same file or looks alike, each image once', () => {
  const signatures = [0, 1, 0, 2].map((seed) => signatureOf(picture(seed)));
  assert.equal(samePictures(['a', 'b', undefined, 'b'], [...signatures, undefined]), [
    { members: [0, 2], areExact: false },
    { members: [1, 3], areExact: true },
  ]);
});

const box = (id: number, bbox: CocoAnnotation['bbox'], more = {}): CocoAnnotation => ({
  ...{ id, image_id: 1, category_id: 1, bbox, area: bbox[2] * bbox[3], iscrowd: 0 as const },
  ...more,
});

test('tiny, huge, repeated and conflicting boxes are found, crowds are left alone', () => {
  const image = { id: 1, file_name: 'a.png', width: 200, height: 100 };
  const found = oddBoxes(image, [
    box(1, [10, 10, 1.9, 1]),
    box(2, [0, 0, 200, 96]),
    box(3, [50, 50, 40, 40]),
    box(4, [51, 50, 40, 40]),
    box(5, [50, 50, 40, 41], { category_id: 2 }),
    box(6, [50, 50, 40, 40], { iscrowd: 1 }),
    box(7, [60, 50, 40, 40]),
    box(8, [100, 10, 2, 1]),
  ]);
  assert.equal(
    found.map(({ annotations, kind }) => [kind, ...annotations.map(({ id }) => id)]),
    [
      ['tiny', 1],
      ['huge', 2],
      ['conflicting', 3, 5],
      ['repeated', 3, 4],
      ['conflicting', 5, 4],
    ],
  );
});

test('a data set in parts: leaks, duplicates, imbalance, images without labels, and a page that shows them', async () => {
  const folder = scratch.tree({});
  const save = (name: string, image: Image, format: 'png' | 'jpeg' = 'png') =>
    writeImage(join(folder, name), image, format);
  await save('a.png', picture(1));
  await save('b.png', picture(2));
  await save('c.png', picture(3));
  await save('a-again.jpg', resizeAntialiased(picture(1), 60, 40), 'jpeg');
  await save('b-again.png', picture(2));
  scratch.write(
    join(folder, 'broken.png').slice(scratch.folder.length + 1),
    readFileSync(join(folder, 'b.png')).subarray(0, 60),
  );
  const size = { width: 96, height: 64 };
  const categories = [
    { id: 1, name: 'cat' },
    { id: 2, name: '<b>dog' },
    { id: 3, name: 'none' },
  ];
  const part = async (name: string, files: readonly string[], category: number) => {
    const images = files.map((file_name, i) => ({
      id: i + 1,
      file_name,
      ...(file_name === 'a-again.jpg' ? { width: 60, height: 40 } : size),
    }));
    const annotations = images
      .slice(1)
      .map(({ id }) => box(id, [1, 1, 30, 30], { image_id: id, category_id: category }));
    const file = scratch.write(
      `${join(folder, name).slice(scratch.folder.length + 1)}.json`,
      JSON.stringify({ images, annotations, categories }),
    );
    return { name, dataset: await readDetectionDataset({ annotations: file, images: folder, strict: false }) };
  };
  const parts = [
    await part('train', ['a.png', 'b.png', 'b-again.png', 'broken.png'], 1),
    await part('val', ['c.png', 'a-again.jpg'], 2),
  ];
  const check = await checkDetectionData(parts);
  const groups = check.duplicates.map(({ areExact, images, isLeak }) => [
    isLeak,
    areExact,
    ...images.map(({ image }) => image.file_name),
  ]);
  assert.equal(groups, [
    [true, false, 'a.png', 'a-again.jpg'],
    [false, true, 'b.png', 'b-again.png'],
  ]);
  assert.equal(
    check.unlabeled.map(({ image, part: name }) => [name, image.file_name]),
    [
      ['train', 'a.png'],
      ['val', 'c.png'],
    ],
  );
  assert.is(check.unreadable.length, 1);
  assert.equal(imbalances(check), [
    'cat: 3 objects, none in val',
    '<b>dog: 1 object, none in train',
    'none: no object',
  ]);
  const html = await datasetPage('pets', check);
  assert.match(html, /Leakage: one picture in several parts/);
  assert.is(html.match(/<img /g)?.length, 6);
  assert.not.match(html, /<b>dog/);
});

test.run();
