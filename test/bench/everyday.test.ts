import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chosenPictures, namesOfClasses, placePicture } from '../../bench/everyday/classification-set.ts';
import { asCoco, mergeDatasets, partOfDataset, withFewer } from '../../bench/everyday/detection-parts.ts';
import { type Part, partOf } from '../../bench/everyday/held-apart.ts';
import { clothes, groceries, imagenette, readWordNetNames, tinyImagenet } from '../../bench/everyday/sources.ts';
import { type CocoAnnotation, type CocoDataset, encodeImage, readImageSize } from '../../datasets/index.ts';

const test = suite('data of the everyday models');

const root = mkdtempSync(join(tmpdir(), 'everyday-'));
test.after(() => rmSync(root, { recursive: true }));

function write(path: string, text: string | Uint8Array = ''): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const box = (id: number, image_id: number, category_id: number, more: object = {}): CocoAnnotation =>
  ({ id, image_id, category_id, bbox: [1, 2, 3, 4], area: 12, iscrowd: 0, ...more }) as CocoAnnotation;

const sofa = { id: 1, name: 'sofa', coco_name: 'couch' };
const dog = { id: 2, name: 'dog', coco_name: 'dog' };
const voc = asCoco({
  images: [
    { id: 7, file_name: 'a.jpg', width: 9, height: 8 },
    { id: 8, file_name: 'b.jpg', width: 9, height: 8 },
  ],
  annotations: [box(1, 7, 2), box(2, 7, 1, { ignore: 1, difficult: 1 }), box(3, 8, 1, { ignore: 0, difficult: 0 })],
  categories: [sofa, dog],
});

test("VOC's categories go by COCO's names, and difficult objects are crowds", () => {
  assert.equal(voc.categories, [
    { id: 1, name: 'couch' },
    { id: 2, name: 'dog' },
  ]);
  assert.equal(
    voc.annotations.map(({ iscrowd }) => iscrowd),
    [0, 1, 0],
  );
});

test('data sets are merged by the names of categories, and what is dropped is counted', () => {
  const coco: CocoDataset = {
    images: [
      { id: 7, file_name: 'c.jpg', width: 5, height: 5 },
      { id: 9, file_name: 'd.jpg', width: 5, height: 5 },
    ],
    annotations: [box(1, 7, 18), box(2, 7, 44), box(3, 9, 44)],
    categories: [
      { id: 18, name: 'dog' },
      { id: 44, name: 'bottle' },
    ],
  };
  const { dataset, dropped } = mergeDatasets({ voc, coco }, [
    { id: 18, name: 'dog' },
    { id: 63, name: 'couch' },
  ]);
  assert.equal(dropped, { annotations: 2, images: 1 });
  assert.equal(
    dataset.images.map(({ id, file_name }) => [id, file_name]),
    [
      [1, 'voc/a.jpg'],
      [2, 'voc/b.jpg'],
      [3, 'coco/c.jpg'],
    ],
  );
  assert.equal(
    dataset.annotations.map(({ id, image_id, category_id, iscrowd }) => [id, image_id, category_id, iscrowd]),
    [
      [1, 1, 18, 0],
      [2, 1, 63, 1],
      [3, 2, 63, 0],
      [4, 3, 18, 0],
    ],
  );
});

test('each image is in one of the parts, with its annotations', () => {
  const images = Array.from({ length: 500 }, (_, id) => ({ id, file_name: `${id}.jpg`, width: 4, height: 4 }));
  const all = { images, annotations: images.map(({ id }) => box(id, id, 1)), categories: [{ id: 1, name: 'dog' }] };
  const [train, val] = (['train', 'val'] as Part[]).map((part) => partOfDataset(all, part, 0.1));
  assert.is(train.images.length + val.images.length, 500);
  assert.ok(val.images.length > 25 && val.images.length < 80, `${val.images.length} held apart`);
  const held = new Set(val.images.map(({ id }) => id));
  assert.not.ok(train.images.some(({ id }) => held.has(id)));
  assert.equal(
    val.annotations.map(({ image_id }) => image_id),
    val.images.map(({ id }) => id),
  );
});

test('of a category with many objects the others become crowds', () => {
  const annotations = [...Array(50).keys()].map((id) => box(id, 1, id < 40 ? 1 : 2, id === 41 ? { iscrowd: 1 } : {}));
  const { annotations: after } = withFewer({ images: [], categories: [], annotations }, 20);
  const left = (category: number) =>
    after.filter(({ category_id, iscrowd }) => category_id === category && !iscrowd).length;
  assert.equal([after.length, left(1), left(2)], [50, 20, 9]);
});

test('one thing is one class, whatever its capitals and its source', () => {
  const names = namesOfClasses(['CD player', 'Orange', 'orange', 'Pepper', 'bell pepper', 'teddy']);
  assert.equal([...names.values()], ['CD player', 'Orange', 'Orange', 'bell pepper', 'bell pepper', 'teddy bear']);
});

test('a class has at most so many pictures, the same ones each time; small classes are left out', () => {
  const of = (label: string, part: Part, count: number) =>
    [...Array(count).keys()].map((i) => ({ label, part, file: `/${label}/${part}/${i}.jpg` }));
  const pictures = [
    ...of('dog', 'train', 30),
    ...of('dog', 'val', 9),
    ...of('Dog', 'train', 30),
    ...of('axe', 'train', 3),
  ];
  const limits = { most: 40, fewest: 4, mostHeldApart: 5 };
  const classes = chosenPictures(pictures, limits);
  assert.equal([...classes.keys()], ['dog']);
  assert.equal([classes.get('dog')?.train.length, classes.get('dog')?.val.length], [40, 5]);
  const files = (from: typeof pictures) =>
    chosenPictures(from, limits)
      .get('dog')
      ?.train.map(({ file }) => file);
  assert.equal(new Set(files(pictures)), new Set(files(pictures.slice(0, 69))));
});

test('a picture that is larger is shrunk, another stays as it is', async () => {
  const file = async (name: string, width: number, height: number) =>
    write(name, await encodeImage({ width, height, data: new Uint8Array(width * height * 3) }, 'png'));
  const [large, small] = [await file('large.png', 90, 60), await file('small.png', 20, 30)];
  const place = (from: string, name: string) =>
    placePicture({ label: 'x', part: 'train', file: from }, join(root, 'placed'), name, 30);
  assert.is(await place(large, '0'), undefined);
  assert.is(await place(small, '1'), undefined);
  assert.equal(await readImageSize(join(root, 'placed', '0.jpg')), { width: 45, height: 30 });
  assert.equal(await readImageSize(join(root, 'placed', '1.png')), { width: 20, height: 30 });
  const error = await place(write('broken.png', 'no picture'), '2');
  assert.is(error?.code, 'BAD_IMAGE');
});

test('the collections are read in the layouts of their repositories', () => {
  const relative = (pictures: readonly { label: string; file: string; part: Part }[]) =>
    pictures.map(({ file, label, part }) => `${label} ${part} ${file.slice(root.length + 1)}`);
  const names = readWordNetNames(write('tiny/words.txt', 'n01\tgoldfish, Carassius auratus\nn02\tgolf ball\n'));
  write('tiny/wnids.txt', 'n01\n');
  write('tiny/train/n01/images/n01_0.JPEG');
  write('tiny/val/val_annotations.txt', 'val_0.JPEG\tn01\t0\t32\t44\t62\n');
  assert.equal(relative(tinyImagenet(join(root, 'tiny'), names)), [
    'goldfish train tiny/train/n01/images/n01_0.JPEG',
    'goldfish val tiny/val/images/val_0.JPEG',
  ]);
  write('imagenette/train/n02/ILSVRC2012_val_00000293.JPEG');
  write('imagenette/train/n02/n02_1.JPEG');
  write('imagenette/val/n02/n02_2.JPEG');
  assert.equal(relative(imagenette(join(root, 'imagenette'), names)), [
    'golf ball val imagenette/train/n02/ILSVRC2012_val_00000293.JPEG',
    'golf ball train imagenette/train/n02/n02_1.JPEG',
    'golf ball train imagenette/val/n02/n02_2.JPEG',
  ]);
  write(
    'grocery/classes.csv',
    'Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int)\nOatly,0,Oat-Milk,22\n',
  );
  for (const list of ['train', 'val', 'test']) write(`grocery/${list}.txt`, `${list}/o.jpg, 0, 22\n`);
  assert.equal(relative(groceries(join(root, 'grocery'))), [
    'Oat Milk train grocery/train/o.jpg',
    'Oat Milk train grocery/val/o.jpg',
    'Oat Milk val grocery/test/o.jpg',
  ]);
  const sender = [...Array(100).keys()].find((id) => partOf(`sender ${id}`, 0.1) === 'val');
  write('clothing/images.csv', `image,sender_id,label,kids\na,${sender},Hat,False\nb,1,Not sure,True\nc,1,Hat,True\n`);
  write('clothing/images/a.jpg');
  assert.equal(relative(clothes(join(root, 'clothing'))), ['Hat val clothing/images/a.jpg']);
});

test.run();
