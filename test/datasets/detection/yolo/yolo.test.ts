import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeProblem, readDetectionDataset } from '../../../../datasets/index.ts';
import { imagesDir } from '../../images/test-picture.ts';
import { assertFails, pngHeader, problemsOf, Scratch } from '../scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const png = pngHeader(200, 100);
const line = '1 0.5 0.5 0.25 0.5';
const bbox = [75, 25, 50, 50];
const list = 'names: [cat, dog]\n';

/** Names of the images, and the boxes of the first. */
async function read(annotations: string, split?: string, images?: string) {
  const { format, dataset, files } = await readDetectionDataset({
    annotations,
    ...(split && { split }),
    ...(images && { images }),
  });
  assert.is(format, 'yolo');
  assert.is(files.size, dataset.images.length);
  assert.equal(dataset.categories, [
    { id: 1, name: 'cat' },
    { id: 2, name: 'dog' },
  ]);
  for (const annotation of dataset.annotations) assert.equal([annotation.category_id, annotation.bbox], [2, bbox]);
  return [dataset.images.map(({ file_name }) => file_name).join(' '), dataset.annotations.length];
}

test("Ultralytics' layout: data.yaml, images/train, labels/train", async () => {
  const folder = scratch.tree({
    'data.yaml': 'path: .\ntrain: images/train\nval: [images/val]\ntest: images/none\nnames:\n  0: cat\n  1: dog\n',
    'images/train/1.png': png,
    'images/train/sub/2.png': png,
    'images/val/3.png': png,
    'labels/train/1.txt': `${line}\n`,
    'labels/train/sub/2.txt': `${line}\r\n\r\n`,
  });
  assert.equal(await read(folder), ['train/1.png train/sub/2.png val/3.png', 2]);
  assert.equal(await read(`${folder}/data.yaml`, 'train'), ['train/1.png train/sub/2.png', 2]);
  assert.equal(await read(`${folder}/labels/train`, 'train'), ['train/1.png train/sub/2.png', 2]);
  await assertFails(
    readDetectionDataset({ annotations: folder, split: 'val' }),
    /no image has labels; .*labels\/val\/3\.txt/,
  );
  await assertFails(
    readDetectionDataset({ annotations: folder, split: 'test' }),
    /data\.yaml: test is images\/none: no such/,
    'FILE_NOT_FOUND',
  );
  await assertFails(
    readDetectionDataset({ annotations: folder, split: 'extra' }),
    /it has no extra; it has train, val, test; add extra: with .* such as extra: images\/extra/,
  );
  for (const split of ['constructor', '__proto__', 'toString']) {
    await assertFails(
      readDetectionDataset({ annotations: folder, split }),
      new RegExp(`it has no ${split}; it has train, val, test`),
    );
  }
});

test("Roboflow's layout, whose paths point one folder too high", async () => {
  const folder = scratch.tree({
    'data.yaml': 'train: ../train/images\nval: ../valid/images\nnc: 2\nnames: [cat, dog]\n',
    'train/images/1.png': png,
    'train/labels/1.txt': line,
    'valid/images/2.png': png,
    'valid/labels/2.txt': line,
  });
  assert.equal(await read(folder, 'valid'), ['valid/images/2.png', 1]);
  assert.equal(await read(folder), ['train/images/1.png valid/images/2.png', 2]);
});

test('lists of images', async () => {
  const folder = scratch.tree({
    'data.yaml': `${list}train: train.txt\n`,
    'train.txt': './images/2.png\nimages/1.png\n\n./images/9.png\n',
    'images/1.png': png,
    'images/2.png': png,
    'images/3.png': png,
    'labels/1.txt': line,
  });
  const { dataset, problems } = await readDetectionDataset({ annotations: folder, strict: false });
  assert.equal(
    dataset.images.map(({ id }) => id),
    [2, 1],
  );
  assert.match(describeProblem(problems.first[0]), /train\.txt:4, image is "\.\/images\/9\.png": no such file/);
});

test('an image of two splits counts once', async () => {
  const files = { 'images/train/1.png': png, 'images/2.png': png, 'labels/train/1.txt': line };
  const folder = scratch.tree({ 'data.yaml': `${list}train: images/train\nval: images\n`, ...files });
  assert.equal(await read(folder), ['train/1.png 2.png', 1]);
});

test('without data.yaml: classes.txt or obj.names, labels beside images or mirrored', async () => {
  const files = { 'images/1.png': png, 'labels/1.txt': line };
  assert.equal(await read(scratch.tree({ ...files, 'classes.txt': 'cat\ndog\n' })), ['1.png', 1]);
  const inLabels = scratch.tree({ ...files, 'labels/classes.txt': 'cat\r\ndog\r\n' });
  assert.equal(await read(`${inLabels}/labels`), ['1.png', 1]);
  assert.equal(await read(scratch.tree({ 'obj.names': 'cat\ndog', '1.png': png, '1.txt': line })), ['1.png', 1]);
  const splits = scratch.tree({ 'classes.txt': 'cat\ndog', 'images/val/1.png': png, 'labels/val/1.txt': line });
  assert.equal(await read(splits, 'valid'), ['val/1.png', 1]);
});

test('labels and images in folders that are both named', async () => {
  const images = scratch.tree({ 'train/1.png': png, 'train/2.png': png, 'val/3.png': png });
  const labels = scratch.tree({ 'classes.txt': 'cat\ndog', 'train/1.txt': line, 'val/3.txt': line });
  assert.equal(await read(labels, undefined, images), ['train/1.png train/2.png val/3.png', 2]);
  assert.equal(await read(labels, 'train', images), ['train/1.png train/2.png', 1]);
  const flat = scratch.tree({ 'data.yaml': list, 'labels/train/1.txt': line, 'labels/val/3.txt': line });
  assert.equal(await read(flat, 'val', images), ['val/3.png', 1]);
});

test('polygons give masks, and the boxes around them', async () => {
  const annotations = scratch.tree({
    'data.yaml': list,
    'images/a.png': png,
    'labels/a.txt': '0 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n0 0 0 0.5 0 0.5 1\n',
  });
  const { dataset } = await readDetectionDataset({ annotations });
  const [square, triangle] = dataset.annotations;
  assert.equal(square.segmentation, [[20, 20, 60, 20, 60, 60, 20, 60]]);
  assert.equal([square.bbox, square.area], [[20, 20, 40, 40], 1600]);
  assert.equal([triangle.bbox, triangle.area], [[0, 0, 100, 100], 5000]);
});

test('sizes are those of upright images', async () => {
  const jpeg = readFileSync(join(imagesDir, 'jpeg-exif-6.jpg'));
  const annotations = scratch.tree({ 'data.yaml': list, 'images/a.jpg': jpeg, 'labels/a.txt': '0 0.5 0.5 1 1' });
  const { dataset } = await readDetectionDataset({ annotations });
  const [{ width, height }] = dataset.images;
  assert.ok(width < height);
  assert.equal(dataset.annotations[0].bbox, [0, 0, width, height]);
});

const faults: readonly (readonly [string, string, RegExp])[] = [
  ['a class that is no number', 'cat 0.5 0.5 0.1 0.1', /class is "cat": .*counted from 0/],
  ['a class without a name', '2 0.5 0.5 0.1 0.1', /class is 2: there are 2 names, so that classes go from 0 to 1/],
  ['a negative class', '-1 0.5 0.5 0.1 0.1', /class is "-1"/],
  ['four columns', '0 0.5 0.5 0.1', /number of columns is 4: expected class x y width height/],
  ['a score', '0 0.5 0.5 0.1 0.1 0.9', /number of columns is 6: .*a detection and its score/],
  ['half a point', '0 0.1 0.1 0.2 0.2 0.3 0.3 0.4', /number of columns is 8/],
  ['text', '0 0.5 x 0.1 0.1', /y is "x": it must be a number/],
  ['NaN', '0 0.5 0.5 nan 0.1', /width is "nan": it must be a number/],
  ['pixels', '0 320 240 10 10', /x is 320: it must be a fraction .*looks like pixels/],
  ['a negative height', '0 0.5 0.5 0.1 -0.1', /box is \[90,55,20,-10\]: .*not be negative/],
];

for (const [name, label, message] of faults) {
  test(`an error: ${name}`, async () => {
    const annotations = scratch.tree({ 'data.yaml': list, 'images/7.png': png, 'labels/7.txt': `${line}\n${label}\n` });
    const [problem] = await problemsOf({ annotations });
    assert.is(problem.severity, 'error');
    assert.match(describeProblem(problem), /labels\/7\.txt:2, image 7, /);
    assert.match(describeProblem(problem), message);
    await assertFails(readDetectionDataset({ annotations }), message);
  });
}

test('a box beyond its image is a warning', async () => {
  const annotations = scratch.tree({ 'data.yaml': list, 'images/7.png': png, 'labels/7.txt': '0 0.95 0.5 0.2 0.2' });
  const [problem] = await problemsOf({ annotations });
  assert.match(describeProblem(problem), /7\.txt:1, image 7, box is .*: the box reaches 10 pixels beyond/);
});

test('an image that cannot be read', async () => {
  const annotations = scratch.tree({
    'data.yaml': list,
    'images/1.png': 'x',
    'images/2.png': png,
    'labels/2.txt': line,
  });
  assert.match(
    describeProblem((await problemsOf({ annotations }))[0]),
    /1\.png, image 1\.png: a file of unknown format/,
  );
});

const settings: readonly (readonly [string, RegExp])[] = [
  ['train: images', /names must be a list/],
  ['names: []', /names no classes/],
  ['names: [cat, cat]', /names\[1\] is 'cat', as names\[0\] is/],
  ['names: [cat, ""]', /names\[1\] is empty/],
  ['names: {1: cat, 2: dog}', /names has no entry 0/],
  ['names: [a\nb: [', /is not YAML/],
  ['- a', /expected fields/],
  ['names: [cat]\nkpt_shape: [17, 3]', /kpt_shape is \[17,3\]: labels with keypoints are not supported/],
  ['names: [cat]\nkpt_shape: [17, 2]', /kpt_shape is \[17,2\]: labels with keypoints are not supported/],
  ['names: [cat]\ntrain: 3', /train must be a folder of images/],
];

for (const [text, message] of settings) {
  test(`data.yaml that will not do: ${JSON.stringify(text)}`, async () => {
    const annotations = scratch.tree({ 'data.yaml': text, 'images/1.png': png });
    await assertFails(readDetectionDataset({ annotations }), message);
  });
}

const [composed, decomposed] = ['Café', 'Cafe\u0301'];

test('labels are found whatever the case of endings and folders, and the Unicode normalization of names', async () => {
  const annotations = scratch.tree({
    'Data.YAML': `${list}train: Images/Train\n`,
    'images/train/A.PNG': png,
    [`images/train/${decomposed}.png`]: png,
    [`images/train/${composed} 2.png`]: png,
    'Labels/TRAIN/A.TXT': line,
    [`Labels/TRAIN/${composed}.Txt`]: line,
    [`Labels/TRAIN/${decomposed} 2.txt`]: line,
  });
  const { dataset, problems } = await readDetectionDataset({ annotations });
  assert.equal([dataset.images.length, dataset.annotations.length, problems.warnings], [3, 3, 0]);
});

test('a label of another image is not taken for one whose name differs in case', async () => {
  const annotations = scratch.tree({
    'data.yaml': list,
    'images/a.png': png,
    'images/A.png': png,
    'labels/A.txt': line,
  });
  const { dataset } = await readDetectionDataset({ annotations });
  assert.equal(
    dataset.annotations.map(({ image_id }) => dataset.images.find(({ id }) => id === image_id)?.file_name),
    ['A.png'],
  );
});

test('what is there and not used is told of, with its number', async () => {
  const files = {
    'data.yaml': `${list}train: images/train\n`,
    'images/train/1.png': png,
    'images/train/2.heic': 'x',
    'images/more/3.png': png,
    'labels/train/1.txt': line,
    'labels/train/2.txt': line,
    'labels/train/x.txt': line,
    'labels/train/empty.txt': '',
    'labels/train/classes.txt': 'cat',
    'labels/train/notes on it.txt': 'two words',
    'labels/gone/y.TXT': line,
    'labels/more/3.txt': line,
  };
  const annotations = scratch.tree(files);
  const messages = (await problemsOf({ annotations })).map(describeProblem);
  assert.is(messages.length, 3);
  assert.match(messages[0], /data\.yaml: 3 label files have no image \(.*y\.TXT, .*empty\.txt, .*x\.txt\); add/);
  assert.match(messages[1], /1 label file is of an image that no split has \(.*more\/3\.txt\)/);
  assert.match(messages[2], /1 image is of a format that is not read \(.*2\.heic\)/);
  const ofSplit = await problemsOf({ annotations, split: 'train' });
  assert.match(describeProblem(ofSplit[0]), /: 2 label files have no image \(/);
  assert.is(ofSplit.length, 2);
  const named = await problemsOf({ annotations, images: `${annotations}/images` });
  assert.match(describeProblem(named[0]), /: 2 label files have no image \(.*y\.TXT, .*x\.txt\)/);
});

test('labels beside images: an orphan is told of, other text files are not', async () => {
  const annotations = scratch.tree({
    'classes.txt': 'cat\ndog\n',
    '1.png': png,
    '1.txt': line,
    '2.txt': line,
    'about.txt': 'photographed in 2020',
  });
  const messages = (await problemsOf({ annotations })).map(describeProblem);
  assert.is(messages.length, 1);
  assert.match(messages[0], /1 label file has no image \(.*2\.txt\)/);
});

test('a label file that is no text does not stop the others', async () => {
  const annotations = scratch.tree({
    'data.yaml': list,
    'images/1.png': png,
    'images/2.png': png,
    'labels/1.txt': Buffer.from('1 0.5 0.5 \xff\xfe', 'latin1'),
    'labels/2.txt': line,
  });
  const { dataset, problems } = await readDetectionDataset({ annotations, strict: false });
  assert.equal([dataset.images.length, dataset.annotations.length, problems.errors], [2, 1, 1]);
  assert.match(describeProblem(problems.first[0]), /1\.txt, image 1\.png: it is not text in UTF-8; save it as UTF-8/);
});

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

test('byte-order marks and UTF-16, as editors of Windows write them', async () => {
  const images = { 'images/1.png': png, 'images/2.png': png };
  const trees: Readonly<Record<string, string | Uint8Array>>[] = [
    { 'data.yaml': `\uFEFF${list}train: list.txt\r\n`, 'list.txt': '\uFEFFimages/1.png\r\nimages/2.png\r\n' },
    { 'data.yaml': utf16(`\uFEFF${list}train: list.txt\n`), 'list.txt': utf16('images/1.png\r\nimages/2.png\r\n') },
    { 'data.yaml': utf16(`\uFEFF${list}`).swap16() },
    { 'classes.txt': '\uFEFFcat\r\ndog\r\n\r\n' },
    { 'obj.names': utf16('\uFEFFcat\ndog\n') },
  ];
  for (const tree of trees) {
    const labels = { 'labels/1.txt': `\uFEFF${line}\r\n`, 'labels/2.txt': utf16(`\uFEFF${line}\r\n`) };
    assert.equal(await read(scratch.tree({ ...images, ...labels, ...tree })), ['1.png 2.png', 2]);
  }
});

test('backslashes of Windows in data.yaml and lists of images; names with spaces', async () => {
  const images = { 'images/train/a b.png': png, 'images/train/ c .png': png };
  const labels = { 'labels/train/a b.txt': line, 'labels/train/ c .txt': line };
  const trees: Readonly<Record<string, string>>[] = [
    { 'data.yaml': `${list}path: .\\\ntrain: images\\train\n` },
    { 'data.yaml': `${list}train: .\\images\\train\\\n` },
    { 'data.yaml': `${list}train: ..\\images\\train\n` },
    {
      'data.yaml': `${list}path: .\ntrain: a.txt\n`,
      'a.txt': 'images\\train\\ c .png\r\n.\\images\\train\\a b.png \r\n',
    },
    { 'data.yaml': `${list}train: lists\\a.txt\n`, 'lists/a.txt': 'IMAGES\\train\\ c .png\n../images/train/a b.png' },
  ];
  for (const tree of trees) {
    assert.equal(await read(scratch.tree({ ...images, ...labels, ...tree })), ['train/ c .png train/a b.png', 2]);
  }
});

const darknet = {
  'obj.names': 'cat\ndog\n',
  'obj_train_data/a.png': png,
  'obj_train_data/b.png': png,
  'obj_train_data/a.txt': line,
  'obj_train_data/b.txt': line,
  'obj_valid_data/c.png': png,
  'obj_valid_data/c.txt': line,
  'train.txt': 'data/obj_train_data/b.png\n',
  'valid.txt': 'data/obj_valid_data/c.png\n',
};
const objData =
  'classes = 2\r\ntrain = data/train.txt\r\nvalid = data/valid.txt\r\nnames = data/obj.names\r\nbackup = x/\r\n';

test("CVAT's Darknet sets: obj.data, and the lists that it names", async () => {
  const folder = scratch.tree({ ...darknet, 'obj.data': objData });
  for (const annotations of [folder, `${folder}/obj.data`, `${folder}/obj.names`]) {
    assert.equal(await read(annotations, 'train'), ['obj_train_data/b.png', 1]);
    assert.equal(await read(annotations, 'val'), ['obj_valid_data/c.png', 1]);
    assert.equal(await read(annotations), ['obj_train_data/b.png obj_valid_data/c.png', 2]);
  }
  const [problem] = await problemsOf({ annotations: folder });
  assert.match(problem.message, /1 label file is of an image that no split has \(.*obj_train_data\/a\.txt\)/);
});

test("CVAT's Darknet sets: without obj.data, without images", async () => {
  assert.equal(await read(scratch.tree(darknet), 'train'), ['obj_train_data/b.png', 1]);
  const images = scratch.tree({ 'a.png': png, 'b.png': png });
  const labels = scratch.tree({
    'obj.data': objData.replace('valid = data/valid.txt\r\n', ''),
    'obj.names': 'cat\ndog\n',
    'train.txt': 'data/obj_train_data/b.png\n',
    'obj_train_data/b.txt': line,
  });
  assert.equal(await read(labels, undefined, images), ['b.png', 1]);
  assert.match((await problemsOf({ annotations: labels }))[0].message, /no such file/);
});

test("Roboflow's Darknet sets: names beside the images of each split", async () => {
  const folder = scratch.tree({
    'train/_darknet.labels': 'cat\ndog\n',
    'train/1.png': png,
    'train/1.txt': line,
    'valid/_darknet.labels': 'cat\ndog\n',
    'valid/2.png': png,
    'valid/2.txt': line,
  });
  assert.equal(await read(folder), ['train/1.png valid/2.png', 2]);
  assert.equal(await read(folder, 'val'), ['valid/2.png', 1]);
});

const poses: readonly (readonly [string, string, RegExp])[] = [
  ['of three numbers', '0 0.5 0.5 0.2 0.25 0.45 0.45 1 0.55 0.55 2', /a\.txt:1: .*2 keypoints of 3 numbers/],
  ['of three numbers, one of them', '0 0.5 0.5 0.2 0.25 0.45 0.45 1', /1 keypoint of 3 numbers/],
  ['of three numbers, not labeled', '0 .5 .5 .2 .2 0 0 0 .5 .5 2 0 0 0 .45 .5 1', /4 keypoints of 3 numbers/],
  ['of two numbers', '0 0.5 0.5 0.2 0.25 0.45 0.45 0.55 0.55', /2 keypoints of 2 numbers/],
  ['of two numbers, one of them', '0 0.5 0.5 0.2 0.25 0.45 0.45', /1 keypoint of 2 numbers/],
  ['of two numbers, in a large box', '0 0.5 0.5 0.4 0.4 0.4 0.4 0.6 0.6', /2 keypoints of 2 numbers/],
  [
    'of two numbers, many of them',
    '0 0.5 0.5 0.6 0.8 0.5 0.2 0.4 0.3 0.6 0.3 0.3 0.7 0.7 0.7 0.5 0.5 0 0 0.4 0.8',
    /8 keypoints of 2 numbers/,
  ],
  ['beside lines of boxes', '0 0.5 0.5 0.2 0.25 0.45 0.45 1 0.55 0.55 1\n1 0.2 0.2 0.1 0.1', /keypoints of 3 numbers/],
];

const mixedPoses: readonly (readonly [string, string, RegExp])[] = [
  [
    'of several widths',
    '0 .5 .5 .2 .25 .45 .45 1\n0 .5 .5 .2 .25 .45 .45 1 .55 .55 2\n1 .2 .2 .1 .1\n0 .5 .5 .2 .25 .45 .45 1 .55 .55 2 0 0 0',
    /its lines read: class, box and 1 to 3 keypoints of 3 numbers/,
  ],
  [
    'of several widths, even ones alone',
    '0 .5 .5 .2 .25 .45 .45 1 .55 .55 2\n0 .5 .5 .2 .25 .45 .45 1 .55 .55 2 .5 .5 0 0 0 0',
    /its lines read: class, box and 2 to 4 keypoints/,
  ],
  [
    'with scores for marks, and lines of an odd width',
    '0 .5 .5 .2 .25 .45 .45 .9 .55 .55 .8\n0 .5 .5 .2 .25 .45 .45 .97',
    /its lines read: class, box and 1 to 2 keypoints/,
  ],
  [
    'most of them',
    '0 .5 .5 .2 .25 .45 .45 1 .55 .55 2\n0 .5 .5 .2 .25 .45 .45 1 .55 .55 2\n0 .1 .1 .2 .1 .2 .2',
    /2 of 3 lines read: class, box and 2 keypoints/,
  ],
];

test('labels of keypoints of mixed widths are refused, with counts', async () => {
  for (const [name, text, message] of mixedPoses) {
    const annotations = scratch.tree({ 'data.yaml': list, 'images/a.png': png, 'labels/a.txt': text });
    await assertFails(readDetectionDataset({ annotations, strict: false }), message).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`);
    });
  }
});

test('some lines that read as keypoints are told of, with counts; kpt_shape may be empty', async () => {
  const pose = '0 .5 .5 .2 .25 .45 .45 1 .55 .55 2';
  const polygon = '0 .1 .1 .2 .1 .2 .2';
  const text = [pose, polygon, polygon].join('\n');
  const names = `${list}kpt_shape: null\n`;
  const annotations = scratch.tree({ 'data.yaml': names, 'images/a.png': png, 'labels/a.txt': text });
  const told = (await problemsOf({ annotations })).map(describeProblem).join('\n');
  assert.match(told, /a\.txt:1: 1 of 3 lines are taken for polygons; if they are class, box and 2/);
  // Two numbers a point, of several widths: polygons have them too.
  const pairs = '0 .5 .5 .2 .25 .45 .45 .55 .55\n0 .5 .5 .2 .25 .45 .45 .5 .5 .55 .55';
  const other = scratch.tree({ 'data.yaml': list, 'images/a.png': png, 'labels/a.txt': pairs });
  assert.match(
    describeProblem((await problemsOf({ annotations: other }))[0]),
    /its lines are taken for .* 2 to 3 keyp/,
  );
});

for (const [name, text, message] of poses) {
  test(`keypoints without kpt_shape are refused: ${name}`, async () => {
    const annotations = scratch.tree({ 'data.yaml': list, 'images/a.png': png, 'labels/a.txt': text });
    await assertFails(readDetectionDataset({ annotations, strict: false }), message);
  });
}

const polygons: readonly (readonly [string, string])[] = [
  ['turned boxes', '0 .5 .5 .6 .5 .6 .6 .5 .6\n0 .2 .2 .3 .25 .28 .3 .18 .25'],
  ['triangles', '0 .5 .5 .6 .5 .55 .6'],
  ['small ones', '0 .3 .3 .32 .3 .32 .32 .3 .32\n1 .1 .1 .11 .1 .11 .11 .1 .11'],
  ['of several lengths', '0 .5 .5 .2 .25 .45 .45 .55 .55\n0 .1 .1 .2 .1 .2 .2'],
  ['of five corners', '0 .5 .5 .6 .5 .65 .55 .6 .6 .5 .6\n'],
  ['the whole image', '0 0 0 1 0 1 1 0 1'],
];

for (const [name, text] of polygons) {
  test(`polygons are none: ${name}`, async () => {
    const annotations = scratch.tree({ 'data.yaml': list, 'images/a.png': png, 'labels/a.txt': text });
    const { dataset } = await readDetectionDataset({ annotations });
    assert.ok(dataset.annotations.every(({ segmentation }) => segmentation !== undefined));
  });
}

test('a path of Windows that YAML takes for escapes', async () => {
  const text = `${list}train: "images\\train"\n`;
  const annotations = scratch.tree({ 'data.yaml': text, 'images/train/1.png': png });
  await assertFails(
    readDetectionDataset({ annotations }),
    /no such folder or list; a backslash in double/,
    'FILE_NOT_FOUND',
  );
});

test('polygons that could be keypoints are told of', async () => {
  const text = '0 .5 .5 .55 .5 .6 .6\n1 .4 .5 .45 .5 .5 .6\n';
  const annotations = scratch.tree({ 'data.yaml': list, 'images/a.png': png, 'labels/a.txt': text });
  const [problem] = await problemsOf({ annotations });
  assert.is(problem.severity, 'warning');
  assert.match(
    describeProblem(problem),
    /a\.txt:1: its lines are taken for polygons; if they are class, box and 1 key/,
  );
});

test('a count of classes that is not that of the names is told, in data.yaml and in obj.data', async () => {
  const files = { 'images/a.png': png, 'labels/a.txt': line };
  const annotations = scratch.tree({ ...files, 'data.yaml': `nc: 3\n${list}` });
  const told = (await problemsOf({ annotations })).map(describeProblem);
  assert.is(told.length, 1);
  assert.match(told[0], /data\.yaml, nc is 3: there are 2 names, which count/);
  const right = scratch.tree({ ...files, 'data.yaml': `nc: 2\n${list}` });
  assert.equal(await problemsOf({ annotations: right }), []);
  const darknet = scratch.tree({
    'obj.data': 'classes = 5\nnames = data/obj.names\ntrain = data/train.txt\n',
    'obj.names': 'cat\ndog\n',
    'train.txt': 'data/obj_train_data/a.png\n',
    'obj_train_data/a.png': png,
    'obj_train_data/a.txt': line,
  });
  assert.match(
    (await problemsOf({ annotations: darknet })).map(describeProblem).join(),
    /classes is "5": there are 2 names/,
  );
});

test('a NUL character in a list of images is told with file and line', async () => {
  const annotations = scratch.tree({
    'data.yaml': `${list}train: train.txt\n`,
    'train.txt': 'images/a.png\r\nimages/b.png\r\nimages/c\0.png\r\n',
    'images/a.png': png,
    'labels/a.txt': line,
  });
  await assertFails(readDetectionDataset({ annotations }), /train\.txt: line 3 has a NUL character/);
});

test('nothing to go by', async () => {
  const folder = scratch.tree({ 'labels/1.txt': line });
  await assertFails(readDetectionDataset({ annotations: folder }), /no data set for detection; looked for/);
  await assertFails(readDetectionDataset({ annotations: folder, format: 'yolo' }), /no names of classes/);
  const unseen = scratch.tree({ 'classes.txt': 'cat', 'labels/1.txt': line });
  await assertFails(
    readDetectionDataset({ annotations: `${unseen}/labels`, split: 'val' }),
    /no folder of images of the split val; put them into .*val, or write val: .* into .*data\.yaml/,
    'FILE_NOT_FOUND',
  );
});

test.run();
