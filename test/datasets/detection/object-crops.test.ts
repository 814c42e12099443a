import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CocoAnnotation,
  type CocoBox,
  type Image,
  type ObjectCropOptions,
  openClassificationDataset,
  readImage,
  writeImage,
  writeObjectCrops,
} from '../../../datasets/index.ts';
import { assertFails, Scratch } from './scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const SIZE = { width: 96, height: 64 };
const RED = [220, 30, 30];
const BLUE = [30, 30, 220];

/** A gray picture with filled boxes. */
function painted(boxes: readonly (readonly [CocoBox, readonly number[]])[]): Image {
  const data = new Uint8Array(SIZE.width * SIZE.height * 3).fill(128);
  for (const [[x, y, width, height], color] of boxes) {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) data.set(color, (row * SIZE.width + column) * 3);
    }
  }
  return { ...SIZE, data };
}

let count = 0;

interface Scene {
  readonly objects: readonly Partial<CocoAnnotation>[];
  readonly names?: readonly string[];
  readonly options?: Partial<ObjectCropOptions>;
}

/** Two pictures, the second in a folder of its own; `objects` are told for both. */
async function cut({ objects, names = ['red thing', 'blue'], options = {} }: Scene) {
  const folder = scratch.path(`scene${count++}`);
  mkdirSync(`${folder}/images/sub`, { recursive: true });
  const images = ['a.png', 'sub/a.png'].map((file_name, i) => ({ id: i + 1, file_name, ...SIZE }));
  const boxes = objects.map(({ bbox, category_id }) => [bbox as CocoBox, category_id === 1 ? RED : BLUE] as const);
  for (const { file_name } of images) await writeImage(`${folder}/images/${file_name}`, painted(boxes), 'png');
  const annotations = images.flatMap(({ id: image_id }, i) =>
    objects.map((object, o) => ({ id: 10 * i + o + 1, image_id, area: 100, iscrowd: 0 as const, ...object })),
  );
  const categories = names.map((name, i) => ({ id: i + 1, name }));
  writeFileSync(`${folder}/coco.json`, JSON.stringify({ images, annotations, categories }));
  const source = { annotations: `${folder}/coco.json`, images: `${folder}/images`, out: `${folder}/out` };
  return { folder, done: await writeObjectCrops({ ...source, ...options }) };
}

const mean = ({ data }: Image): number[] =>
  [0, 1, 2].map((channel) => {
    const values = data.filter((_, i) => i % 3 === channel);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });

test('each object becomes a picture of its category; crowds and small objects are left out', async () => {
  const objects: Partial<CocoAnnotation>[] = [
    { category_id: 1, bbox: [4, 4, 40, 32] },
    { category_id: 2, bbox: [56, 8, 32, 48] },
    { category_id: 2, bbox: [0, 50, 31, 10] }, // too small
    { category_id: 1, bbox: [0, 0, 96, 64], iscrowd: 1 },
  ];
  const { folder, done } = await cut({ objects: objects.slice(0, 3), options: { margin: 0 } });
  assert.equal(done, {
    images: 2,
    classes: [
      { name: 'blue', pictures: 2 },
      { name: 'red thing', pictures: 2 },
    ],
    small: 2,
    unreadable: [],
    problems: { errors: 0, warnings: 0, first: [] },
  });
  const red = await readImage(`${folder}/out/red thing/a-1.jpg`);
  assert.equal([red.width, red.height], [40, 32]);
  for (const [channel, value] of mean(red).entries()) assert.ok(Math.abs(value - RED[channel]) < 4, String(value));
  const blue = await readImage(`${folder}/out/blue/sub-a-12.jpg`);
  assert.equal([blue.width, blue.height], [32, 48]);
  for (const [channel, value] of mean(blue).entries()) assert.ok(Math.abs(value - BLUE[channel]) < 4, String(value));

  const withCrowd = await cut({ objects: [objects[0], { ...objects[3], category_id: 1 }] });
  assert.equal(withCrowd.done.classes, [{ name: 'red thing', pictures: 2 }]);
});

test('the folder is one that a classifier trains on', async () => {
  const { folder } = await cut({
    objects: [
      { category_id: 1, bbox: [4, 4, 40, 32] },
      { category_id: 2, bbox: [56, 8, 32, 48] },
    ],
  });
  const dataset = await openClassificationDataset(`imagefolder:${folder}/out`);
  assert.equal(dataset.classes, ['blue', 'red thing']);
  assert.is(dataset.length, 4);
});

test('the margin is a share of the longer side, and ends at the edge of the picture', async () => {
  const { folder } = await cut({ objects: [{ category_id: 1, bbox: [4, 12, 40, 32] }], options: { margin: 0.25 } });
  const { width, height } = await readImage(`${folder}/out/red thing/a-1.jpg`);
  assert.equal([width, height], [4 + 40 + 10, 10 + 32 + 10]);
});

test('background shows no object, and is the same at each call', async () => {
  const scene: Scene = {
    objects: [{ category_id: 1, bbox: [0, 0, 48, 64] }],
    options: { background: 3, smallest: 16, seed: 5 },
  };
  const [first, again] = [await cut(scene), await cut(scene)];
  const names = readdirSync(`${first.folder}/out/background`).sort();
  assert.equal(first.done.classes[0], { name: 'background', pictures: 6 });
  for (const name of names) {
    const picture = await readImage(`${first.folder}/out/background/${name}`);
    assert.is(picture.width, picture.height);
    assert.ok(picture.width >= 16 && picture.width <= 32, String(picture.width));
    const [red, green] = mean(picture);
    assert.ok(red - green < 190 * 0.1 + 4, `${red} ${green}`); // a tenth of it may be the object
    const path = `out/background/${name}`;
    assert.equal(readFileSync(`${first.folder}/${path}`), readFileSync(`${again.folder}/${path}`));
  }
  const other = await cut({ ...scene, options: { ...scene.options, seed: 6 } });
  const bytes = (folder: string) => names.map((name) => readFileSync(`${folder}/out/background/${name}`, 'base64'));
  assert.not.equal(bytes(first.folder), bytes(other.folder));
});

test('where objects are everywhere, there is no background', async () => {
  const { done, folder } = await cut({
    objects: [{ category_id: 1, bbox: [0, 0, 96, 64] }],
    options: { background: 2, smallest: 16 },
  });
  assert.equal(done.classes, [{ name: 'red thing', pictures: 2 }]);
  assert.not(existsSync(`${folder}/out/background`));
});

test('a broken image does not stop the others', async () => {
  const { folder } = await cut({ objects: [{ category_id: 1, bbox: [4, 4, 40, 32] }] });
  writeFileSync(`${folder}/images/a.png`, readFileSync(`${folder}/images/a.png`).subarray(0, 60));
  const done = await writeObjectCrops({
    annotations: `${folder}/coco.json`,
    images: `${folder}/images`,
    out: `${folder}/anew`,
  });
  assert.equal(done.classes, [{ name: 'red thing', pictures: 1 }]);
  assert.match(done.unreadable[0].message, /a\.png/);
});

test('what cannot be cut is told of', async () => {
  const objects = [{ category_id: 1, bbox: [4, 4, 20, 12] as const }];
  await assertFails(cut({ objects }), /no object of 32 pixels or more to cut out/);
  for (const name of ['../up', 'a/b', '.hidden', 'what?']) {
    await assertFails(cut({ objects, names: [name] }), /no name for a folder; rename it/);
  }
  const { folder } = await cut({ objects: [{ category_id: 1, bbox: [4, 4, 40, 32] }] });
  const annotations = scratch.write('alone/coco.json', readFileSync(`${folder}/coco.json`));
  const source = { annotations, out: `${folder}/anew` };
  await assertFails(writeObjectCrops(source), /name the folder of its images/, 'FILE_NOT_FOUND');
  const aborted = AbortSignal.abort(new Error('enough'));
  const error = await writeObjectCrops({ ...source, images: `${folder}/images`, signal: aborted }).catch((e) => e);
  assert.is(error.message, 'enough');
});

test('with a part for evaluation each image is on one side, and what is evaluated is learnt, too', async () => {
  const folder = scratch.path('parts');
  mkdirSync(`${folder}/images`, { recursive: true });
  const images = Array.from({ length: 10 }, (_, i) => ({ id: i + 1, file_name: `${i + 1}.png`, ...SIZE }));
  for (const { file_name } of images) await writeImage(`${folder}/images/${file_name}`, painted([]), 'png');
  const bbox = [4, 4, 40, 32];
  const annotations = images.map(({ id }) => ({ id, image_id: id, category_id: id, bbox, area: 100, iscrowd: 0 }));
  const common = images.map(({ id }) => ({ id: 100 + id, image_id: id, category_id: 11, bbox, area: 100, iscrowd: 0 }));
  const categories = Array.from({ length: 11 }, (_, i) => ({ id: i + 1, name: `c${i + 1}` }));
  const source = (objects: readonly object[]) => {
    writeFileSync(`${folder}/coco.json`, JSON.stringify({ images, annotations: objects, categories }));
    return { annotations: `${folder}/coco.json`, images: `${folder}/images`, valFraction: 0.3, seed: 1 };
  };
  await writeObjectCrops({ ...source(common), out: `${folder}/common` });
  const [train, val] = await Promise.all(
    (['train', 'test'] as const).map((split) => openClassificationDataset(`imagefolder:${folder}/common`, { split })),
  );
  assert.equal([train.length, val.length, train.classes, val.classes], [7, 3, ['c11'], ['c11']]);
  // Each of the other categories is in one image only, which must be learnt.
  const rare = [...common, ...annotations];
  await writeObjectCrops({ ...source(rare), out: `${folder}/rare` });
  assert.is(readdirSync(`${folder}/rare/train`).length, 11);
  assert.not.ok(existsSync(`${folder}/rare/val`));
});

test.run();
