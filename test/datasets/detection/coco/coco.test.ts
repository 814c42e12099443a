import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeProblem, readDetectionDataset, summarizeDetection } from '../../../../datasets/index.ts';
import { hasShared, sharedData } from '../../../shared-data.ts';
import { assertFails, pngHeader, problemsOf, Scratch } from '../scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const image = { id: 7, file_name: 'a.png', width: 100, height: 50 };
const category = { id: 3, name: 'cat' };
const annotation = { id: 1, image_id: 7, category_id: 3, bbox: [10, 10, 20, 20], area: 300, iscrowd: 0 };
const good = { images: [image], categories: [category], annotations: [annotation] };

let count = 0;
const json = (value: unknown): string => scratch.write(`${count++}.json`, JSON.stringify(value));

test('a good file comes as it is, with every field', async () => {
  const file = {
    info: { year: 2017 },
    licenses: [{ id: 1 }],
    ...good,
    images: [{ ...image, flickr_url: 'x' }],
    annotations: [{ ...annotation, segmentation: [[1, 2, 3, 4, 5, 6]], mine: 'kept' }],
    extra: [1],
  };
  const { format, dataset, files, problems } = await readDetectionDataset({ annotations: json(file) });
  assert.is(format, 'coco');
  assert.equal(dataset, file);
  assert.is(files.size, 0);
  assert.equal(problems, { errors: 0, warnings: 0, first: [] });
});

test('a byte-order mark is no problem', async () => {
  const path = scratch.write('bom.json', `\uFEFF${JSON.stringify(good)}`);
  assert.is((await readDetectionDataset({ annotations: path })).dataset.annotations.length, 1);
});

test('area and iscrowd that are missing are added, null masks left out', async () => {
  const { area: _, iscrowd: __, ...bare } = annotation;
  const annotations = [bare, { ...annotation, id: 2, iscrowd: true, segmentation: null }];
  const { dataset, problems } = await readDetectionDataset({ annotations: json({ ...good, annotations }) });
  assert.equal(dataset.annotations, [
    { ...annotation, area: 400 },
    { ...annotation, id: 2, iscrowd: 1 },
  ]);
  assert.is(problems.warnings, 1);
  assert.match(describeProblem(problems.first[0]), /annotation 1, area is nothing: it is missing; width × height/);
});

interface Bad {
  readonly images?: unknown;
  readonly categories?: unknown;
  readonly annotations?: unknown;
}

/** What is wrong in a file, and the line that tells of it, after the file's name. */
const errors: readonly (readonly [string, Bad, RegExp])[] = [
  ['no images', { images: undefined }, /^images is nothing: it must be a list/],
  ['no annotations', { annotations: undefined }, /^annotations is nothing: it must be a list/],
  ['no categories', { categories: undefined }, /^categories is nothing: it must be a list/],
  ['images by id', { images: { 7: image } }, /^images is \{\}: it must be a list/],
  ['an image that is a list', { images: [[7]] }, /^images\[0\] is \[7\]: each image must be an object/],
  ['an image without id', { images: [{ ...image, id: undefined }] }, /^images\[0\]\.id is nothing: it is missing/],
  ['an image whose id is no id', { images: [{ ...image, id: null }] }, /^images\[0\]\.id is null: .*number or text/],
  ['two images of one id', { images: [image, image] }, /^image 7, id is 7: another image has this id/],
  [
    'an image without a name',
    { images: [{ ...image, file_name: '' }] },
    /^image 7, file_name is "": .*name of its file/,
  ],
  ['a width of 0', { images: [{ ...image, width: 0 }] }, /^image 7, width is 0: .*at least 1/],
  ['a height that is text', { images: [{ ...image, height: '50' }] }, /^image 7, height is "50": /],
  ['no size', { images: [{ ...image, height: undefined }] }, /^image 7, height is nothing: .*folder of images/],
  ['a category that is text', { categories: ['cat'] }, /^categories\[0\] is "cat": .*object/],
  ['a category without id', { categories: [{ name: 'cat' }] }, /^categories\[0\]\.id is nothing: it is missing/],
  [
    'two categories of one id',
    { categories: [category, { ...category, name: 'b' }] },
    /^categories\[1\]\.id is 3: another/,
  ],
  ['an empty name', { categories: [{ id: 3, name: ' ' }] }, /^categories\[0\]\.name is " ": .*needs a name/],
  ['an annotation that is null', { annotations: [null] }, /^annotations\[0\] is null: .*object/],
  ['no id', { annotations: [{ ...annotation, id: 'x' }] }, /^image 7, annotations\[0\], id is "x": .*a number/],
  ['two of one id', { annotations: [annotation, annotation] }, /^image 7, annotation 1, id is 1: another annotation/],
  [
    'no image_id',
    { annotations: [{ ...annotation, image_id: {} }] },
    /^annotation 1, image_id is \{\}: .*id of its image/,
  ],
  [
    'an unknown image',
    { annotations: [{ ...annotation, image_id: 8 }] },
    /^image 8, annotation 1, image_id is 8: no usable image/,
  ],
  [
    'an unknown category',
    { annotations: [{ ...annotation, category_id: 4 }] },
    /^image 7, annotation 1, category_id is 4: no usable category/,
  ],
  [
    'a category that is text',
    { annotations: [{ ...annotation, category_id: '3' }] },
    /annotation 1, category_id is "3": .*a number/,
  ],
  [
    'no box',
    { annotations: [{ ...annotation, bbox: undefined }] },
    /annotation 1, bbox is nothing: it is missing; a box is four numbers/,
  ],
  [
    'NaN in a box',
    { annotations: [{ ...annotation, bbox: [1, 2, Number.NaN, 4] }] },
    /bbox is \[1,2,null,4\]: a box is four numbers/,
  ],
  [
    'text in a box',
    { annotations: [{ ...annotation, bbox: [1, 2, '3', 4] }] },
    /bbox is \[1,2,"3",4\]: a box is four numbers/,
  ],
  ['a box by name', { annotations: [{ ...annotation, bbox: { x: 1 } }] }, /bbox is \{"x":1\}: a box is four numbers/],
  ['a box of three', { annotations: [{ ...annotation, bbox: [1, 2, 3] }] }, /bbox is \[1,2,3\]: a box is four numbers/],
  [
    'a negative width',
    { annotations: [{ ...annotation, bbox: [20, 5, -4, 5] }] },
    /bbox is \[20,5,-4,5\]: .*must not be negative/,
  ],
  ['an absurd box', { annotations: [{ ...annotation, bbox: [1e300, 0, 1, 1] }] }, /bbox is .*between -429496729 and/],
  ['a box just too far', { annotations: [{ ...annotation, bbox: [0, 0, 429496730, 1] }] }, /bbox is .*429496729/],
  ['an absurd area', { annotations: [{ ...annotation, area: 1e300 }] }, /area is 1e\+300: .*at most 1844/],
  [
    'an absurd polygon',
    { annotations: [{ ...annotation, segmentation: [[1, 2, 3, 4, 5, 1e300]] }] },
    /segmentation is .*between -429496729 and 429496729/,
  ],
  ['absurd keypoints', { annotations: [{ ...annotation, keypoints: [1e300, 2, 2] }] }, /keypoints is .*between -4294/],
  ['a negative area', { annotations: [{ ...annotation, area: -1 }] }, /annotation 1, area is -1: .*not negative/],
  ['iscrowd 2', { annotations: [{ ...annotation, iscrowd: 2 }] }, /annotation 1, iscrowd is 2: it must be 0 or 1/],
  [
    'a flat polygon',
    { annotations: [{ ...annotation, segmentation: [1, 2, 3] }] },
    /segmentation is \[1,2,3\]: it must be polygons/,
  ],
  ['half a point', { annotations: [{ ...annotation, segmentation: [[1, 2, 3]] }] }, /segmentation is \[\[1,2,3\]\]: /],
  [
    'a mask without size',
    { annotations: [{ ...annotation, segmentation: { counts: 'x' } }] },
    /segmentation is .*: .*a mask/,
  ],
  ['keypoints by twos', { annotations: [{ ...annotation, keypoints: [1, 2] }] }, /keypoints is \[1,2\]: .*visibility/],
];

for (const [name, change, message] of errors) {
  test(`an error: ${name}`, async () => {
    const annotations = json({ ...good, ...change });
    const { dataset, problems } = await readDetectionDataset({ annotations, strict: false });
    const first = problems.first.find(({ severity }) => severity === 'error')!;
    const line = describeProblem(first);
    assert.ok(line.startsWith(`${annotations}, `), line);
    assert.match(line.slice(annotations.length + 2), message);
    await assertFails(readDetectionDataset({ annotations }), /: \d+ errors?: /);
    // What is left can be relied on.
    const again = await readDetectionDataset({ annotations: json(dataset) });
    assert.is(again.problems.errors, 0);
  });
}

const warnings: readonly (readonly [string, Bad, RegExp])[] = [
  ['id 0', { annotations: [{ ...annotation, id: 0 }] }, /annotation 0, id is 0: pycocotools/],
  [
    'a name twice',
    { categories: [category, { id: 4, name: 'cat' }] },
    /categories\[1\]\.name is "cat": another category/,
  ],
  [
    'no width',
    { annotations: [{ ...annotation, bbox: [10, 10, 0, 5] }] },
    /annotation 1, bbox is \[10,10,0,5\]: it has no area/,
  ],
  [
    'a pixel',
    { annotations: [{ ...annotation, bbox: [10, 10, 1, 1] }] },
    /bbox is \[10,10,1,1\]: it covers no more than a pixel/,
  ],
  [
    'too far right',
    { annotations: [{ ...annotation, bbox: [90, 10, 11.5, 5] }] },
    /bbox is .*: the box reaches 1\.5 pixels beyond its image of 100×50/,
  ],
  ['above', { annotations: [{ ...annotation, bbox: [9, -3, 5, 9] }] }, /bbox is .*: the box reaches 3 pixels beyond/],
  [
    'outside',
    { annotations: [{ ...annotation, bbox: [10, 60, 5, 5] }] },
    /bbox is .*: the box lies outside of its image/,
  ],
];

for (const [name, change, message] of warnings) {
  test(`a warning, and kept: ${name}`, async () => {
    const { dataset, problems } = await readDetectionDataset({ annotations: json({ ...good, ...change }) });
    assert.is(problems.warnings, 1);
    assert.match(describeProblem(problems.first[0]), message);
    assert.is(dataset.annotations.length, 1);
  });
}

test('a box may leave its image by a pixel of rounding', async () => {
  const annotations = [{ ...annotation, bbox: [-1, 0, 102, 51] }];
  assert.equal(await problemsOf({ annotations: json({ ...good, annotations }) }), []);
});

test('strict reading names the first errors and counts all, problems are counted beyond those kept', async () => {
  const annotations = Array.from({ length: 2500 }, (_, i) => ({ ...annotation, id: i + 1, category_id: 9 }));
  const path = json({ ...good, annotations });
  await assertFails(
    readDetectionDataset({ annotations: path }),
    /: 2500 errors: .*annotation 1, category_id is 9.*annotation 5, .*; and 2495 more$/,
  );
  const { problems } = await readDetectionDataset({ annotations: path, strict: false });
  assert.is(problems.errors, 2500);
  assert.is(problems.first.length, 1000);
});

test('what is no annotation file', async () => {
  await assertFails(
    readDetectionDataset({ annotations: json([{ image_id: 1 }]) }),
    /expected an object.*detection results/,
  );
  await assertFails(readDetectionDataset({ annotations: json(3), format: 'coco' }), /expected an object/);
  const broken = scratch.write('broken.json', '{"images": [');
  await assertFails(readDetectionDataset({ annotations: broken }), /broken\.json: /);
  await assertFails(readDetectionDataset({ annotations: scratch.path('gone.json') }), /no such file/, 'FILE_NOT_FOUND');
});

test('image files are found by path, by name in any folder, whatever the ending', async () => {
  const names = ['a.png', 'sub/b.png', 'c.jpg', 'd', './e.png'];
  const folder = scratch.tree({
    'a.png': pngHeader(1, 1),
    'deep/er/b.png': pngHeader(1, 1),
    'c.png': pngHeader(1, 1),
    'd.PNG': pngHeader(1, 1),
    'e.png': pngHeader(1, 1),
    'x/a.png': pngHeader(1, 1),
  });
  const images = names.map((file_name, id) => ({ ...image, id, file_name }));
  const { files } = await readDetectionDataset({
    annotations: json({ ...good, images, annotations: [] }),
    images: folder,
  });
  assert.equal(
    [...files.values()].map((path) => path.slice(folder.length + 1)),
    ['a.png', 'deep/er/b.png', 'c.png', 'd.PNG', 'e.png'],
  );
});

test('image files: Unicode normalization and case do not count, an exact name of any ending does', async () => {
  const folder = scratch.tree({
    'Cafe\u0301.png': pngHeader(1, 1),
    'B.PNG': pngHeader(1, 1),
    'x.jpg_large': pngHeader(1, 1),
    noending: pngHeader(1, 1),
  });
  const names = ['Café.png', 'b.png', 'x.jpg_large', 'noending'];
  const images = names.map((file_name, id) => ({ ...image, id, file_name }));
  const annotations = json({ ...good, images, annotations: [] });
  assert.is((await readDetectionDataset({ annotations, images: folder })).files.size, 4);
});

/** Where the JSON lies, and its image, whose file_name is `a.png` unless it is named. */
const layouts: readonly (readonly [string, string, string, string?])[] = [
  ['beside it, as Roboflow writes them', 'train/_annotations.coco.json', 'train/a.png'],
  ['images/ beside it', 'result.json', 'images/a.png'],
  ['named from beside it, by Windows', 'result.json', 'images/a.png', 'images\\a.png'],
  ['named from another machine', 'result.json', 'images/a.png', '/home/me/label-studio/upload/1/a.png'],
  ['data/ beside it', 'labels.json', 'data/a.png'],
  ['images/ beside annotations/', 'annotations/instances_default.json', 'images/a.png'],
  ['images/default/', 'annotations/instances_default.json', 'images/default/a.png'],
  ["the split's folder beside annotations/", 'annotations/instances_val2017.json', 'val2017/a.png'],
  ['of another task', 'annotations/person_keypoints_val2017.json', 'val2017/a.png'],
  ["images/ with the split's folder", 'annotations/instances_val2017.json', 'images/val2017/a.png'],
  ['the folder with the images within', 'annotations/train.json', 'train/images/a.png'],
  ['a year more', 'annotations/instances_train2017.json', 'train/a.png'],
  ['another spelling of the split', 'annotations/instances_val.json', 'valid/a.png'],
  ['a name behind', 'train_annotations.coco.json', 'train/a.png'],
  ['another case', 'Annotations/instances_Train.json', 'JPEGImages/TRAIN/A.PNG'],
  ['named with its folder', 'annotations/train.json', 'train/a.png', 'train/a.png'],
];

for (const [name, file, imageFile, file_name = 'a.png'] of layouts) {
  test(`images are found without being named: ${name}`, async () => {
    const content = JSON.stringify({ ...good, images: [{ ...image, file_name }] });
    const folder = scratch.tree({ [file]: content, [imageFile]: pngHeader(100, 50), 'other/a.png': pngHeader(1, 1) });
    const { files, problems } = await readDetectionDataset({ annotations: `${folder}/${file}`, checkImages: true });
    assert.equal([...files], [[7, `${folder}/${imageFile}`]]);
    assert.equal(problems.first, []);
  });
}

test("the split's own images are found where another's have the same names", async () => {
  const folder = scratch.tree({
    'annotations/instances_train.json': JSON.stringify(good),
    'annotations/instances_val.json': JSON.stringify(good),
    'train/a.png': pngHeader(100, 50),
    'val/a.png': pngHeader(100, 50),
    'images/val/a.png': pngHeader(100, 50),
  });
  for (const split of ['train', 'val']) {
    const { files } = await readDetectionDataset({ annotations: `${folder}/annotations/instances_${split}.json` });
    assert.is(files.get(7), `${folder}/${split}/a.png`);
  }
});

test('a folder that was not named need not have all images: those that it lacks are told of once', async () => {
  const images = [image, ...['b', 'c'].map((name, index) => ({ ...image, id: index + 8, file_name: `${name}.png` }))];
  const folder = scratch.tree({ 'x.json': JSON.stringify({ ...good, images }), 'a.png': pngHeader(100, 50) });
  const { dataset, files, problems } = await readDetectionDataset({ annotations: `${folder}/x.json` });
  assert.equal([dataset.images.length, files.size, problems.warnings], [3, 1, 1]);
  assert.match(
    describeProblem(problems.first[0]),
    /x\.json: 2 images not found \(b\.png, c\.png\) in .*name the folder/,
  );
  const [{ message }] = await problemsOf({ annotations: `${folder}/x.json`, images: folder });
  assert.match(message, /no file of this name/);
});

test('an empty segmentation is an object without a mask', async () => {
  const empty = [[], [[]], [[], []], null].map((segmentation, id) => ({ ...annotation, id: id + 1, segmentation }));
  const masks = [[[1, 1, 5, 1, 5, 5]], { size: [50, 100], counts: [5000] }];
  const full = masks.map((segmentation, index) => ({ ...annotation, id: index + 9, segmentation }));
  const { dataset } = await readDetectionDataset({ annotations: json({ ...good, annotations: [...empty, ...full] }) });
  assert.equal(
    dataset.annotations.map(({ segmentation }) => segmentation),
    [undefined, undefined, undefined, undefined, ...masks],
  );
  assert.is(summarizeDetection(dataset).masks, 2);
});

test('an image id of the other type is told of as that', async () => {
  const image = (id: unknown) => ({ id, file_name: 'a.png', width: 100, height: 50 });
  const object = (image_id: unknown) => ({ id: 1, image_id, category_id: 5, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 });
  const cases: readonly [unknown, unknown, RegExp][] = [
    [7, '7', /image_id is "7": it is a text, and the image's id is a number/],
    ['7', 7, /image_id is 7: it is a number, and the image's id is a text/],
    [7, '8', /no usable image has this id/],
  ];
  for (const [id, image_id, message] of cases) {
    const content = { images: [image(id)], annotations: [object(image_id)], categories: [{ id: 5, name: 'a' }] };
    const [problem] = await problemsOf({ annotations: scratch.write('types.json', JSON.stringify(content)) });
    assert.match(describeProblem(problem), message);
  }
});

test('ids that JSON cannot hold exactly are errors; other such numbers are told of', async () => {
  // As text, for a literal would be rounded here already.
  const text = (images: string, annotation: string, category = '5'): string => `{
    "images": [${images}],
    "annotations": [{ "id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 0 ${annotation} }],
    "categories": [{ "id": 5, "name": "a" }, { "id": ${category}, "name": "b" }]
  }`;
  const size = '"file_name": "a.png", "width": 100, "height": 50';
  const [plain, big] = [`{ "id": 7, ${size} }`, '9007199254740993'];
  const faults: readonly (readonly [string, string])[] = [
    [text(`${plain}, { "id": ${big}, ${size} }, { "id": 9007199254740992, ${size} }`, '', '6'), 'images[1].id'],
    [text(`${plain}, { "id": -${big}, ${size} }`, '', '6'), 'images[1].id'],
    [text(plain, '', '6').replace('"id": 1,', `"id": ${big},`), 'id'],
    [text(plain, '', '6').replace('"image_id": 7', '"image_id": 7706992903151817196'), 'image_id'],
    [text(plain, '', '6').replace('"category_id": 5', `"category_id": ${big}`), 'category_id'],
    [text(plain, '', big), 'categories[1].id'],
  ];
  for (const [content, field] of faults) {
    const [problem] = await problemsOf({ annotations: scratch.write('ids.json', content) });
    assert.equal([problem.severity, problem.field], ['error', field]);
    assert.match(problem.message, /9007199254740991 \(2\^53 − 1\)/);
    assert.match(problem.message, /^the file has (-?9007199254740993|7706992903151817196); it is beyond/);
  }
  const kept = text(`{ "id": 7, "flickr": ${big}, ${size} }`, `, "track": ${big}`, '6');
  const problems = await problemsOf({ annotations: scratch.write('ids.json', kept) });
  assert.equal(
    problems.map(({ severity, field }) => [severity, field]),
    [
      ['warning', 'flickr'],
      ['warning', 'track'],
    ],
  );
  const largest = text(`${plain}, { "id": 9007199254740991, ${size} }`, '', '6');
  assert.equal(await problemsOf({ annotations: scratch.write('ids.json', largest) }), []);
});

test('images that are not there, or there twice, are errors', async () => {
  const folder = scratch.tree({ 'x/a.png': pngHeader(1, 1), 'y/a.png': pngHeader(1, 1) });
  const problems = await problemsOf({ annotations: json(good), images: folder });
  assert.is(problems.length, 1);
  assert.match(describeProblem(problems[0]), /image 7, file_name is "a\.png": no file of this name, or several/);
  await assertFails(
    readDetectionDataset({ annotations: json(good), images: '/gone' }),
    /\/gone: no such folder/,
    'FILE_NOT_FOUND',
  );
});

test('two images never share a file', async () => {
  const folder = scratch.tree({ 'train/a.png': pngHeader(1, 1) });
  const images = [
    { ...image, file_name: 'train/a.png' },
    { ...image, id: 8, file_name: 'val/a.png' },
  ];
  const [problem] = await problemsOf({ annotations: json({ ...good, images }), images: folder });
  assert.match(
    describeProblem(problem),
    /image 8, file_name is "val\/a\.png": the only file.*train\/a\.png, is image 7/,
  );
});

test('a size that is missing is read from the file; one that differs is told of when asked', async () => {
  const folder = scratch.tree({ 'a.png': pngHeader(50, 100), 'b.png': pngHeader(30, 40) });
  const images = [image, { id: 8, file_name: 'b.png' }];
  const annotations = json({ ...good, images });
  const { dataset, problems } = await readDetectionDataset({ annotations, images: folder, checkImages: true });
  assert.equal(dataset.images[1], { id: 8, file_name: 'b.png', width: 30, height: 40 });
  assert.is(problems.warnings, 1);
  assert.match(describeProblem(problems.first[0]), /image 7, width, height is \[100,50\]: .*a\.png is 50×100, turned/);
});

test('an image that cannot be read is an error where sizes are compared', async () => {
  const folder = scratch.tree({ 'a.png': 'no image at all' });
  const [problem] = await problemsOf({ annotations: json(good), images: folder, checkImages: true });
  assert.match(describeProblem(problem), /a\.png, image 7: a file of unknown format/);
});

test('the file is found in a folder, by split', async () => {
  const folder = scratch.tree({
    'annotations/instances_train2017.json': JSON.stringify(good),
    'annotations/instances_val2017.json': JSON.stringify({ ...good, annotations: [] }),
    'annotations/captions_val2017.json': '{}',
  });
  const read = async (split: string) => (await readDetectionDataset({ annotations: folder, split })).dataset;
  assert.is((await read('train')).annotations.length, 1);
  assert.is((await read('val')).annotations.length, 0);
  await assertFails(
    readDetectionDataset({ annotations: folder }),
    /could be any of .*instances_train2017.*name the file/,
  );
});

test('an aborted reading rejects with the reason', async () => {
  const folder = scratch.tree({ 'a.png': pngHeader(100, 50) });
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  const options = { annotations: json(good), images: folder, checkImages: true, signal };
  assert.is(await readDetectionDataset(options).catch((error: unknown) => error), reason);
});

const withShared = (...names: string[]) => (hasShared(...names) ? test : test.skip);

withShared('coco-mini/val', 'coco-eval')('real files', async () => {
  for (const part of ['train', 'val']) {
    const folder = `${sharedData}/coco-mini/${part}`;
    const options = {
      annotations: `${folder}/instances.json`,
      images: `${folder}/images`,
      checkImages: part === 'val',
    };
    const { dataset, files, problems } = await readDetectionDataset(options);
    assert.is(files.size, dataset.images.length);
    assert.equal(problems.first, []);
  }
  const annotations = `${sharedData}/coco-eval/val2017-79/person_keypoints_val2017.json`;
  assert.equal((await readDetectionDataset({ annotations })).problems.first, []);
  const boxes = await readDetectionDataset({ annotations: `${sharedData}/coco-eval/val2017-boxes.json` });
  assert.is(boxes.dataset.annotations.length, 36290);
  assert.is(boxes.problems.errors, 0);
});

test.run();
