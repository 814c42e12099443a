import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeProblem, type ReadOptions, readDetectionDataset } from '../../../../datasets/index.ts';
import { hasShared, sharedData } from '../../../shared-data.ts';
import { assertFails, pngHeader, problemsOf, Scratch } from '../scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const box = (...[xmin, ymin, xmax, ymax]: (number | string)[]): string =>
  `<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox>`;
const object = (name: string, inner: string): string => `<object>\n<name>${name}</name>\n${inner}\n</object>`;
const size = '<size><width>100</width><height>50</height><depth>3</depth></size>';
const xml = (...parts: string[]): string => `<annotation>\n${parts.join('\n')}\n</annotation>`;
const file = (name: string, ...objects: string[]): string => xml(`<filename>${name}</filename>`, size, ...objects);

const read = async (options: ReadOptions) => (await readDetectionDataset(options)).dataset;

test('boxes count from 1 and include their last pixel', async () => {
  const objects = [object('cat', box(1, 1, 100, 50)), object('ant', box('2.5', 3, ' 2.5 ', '10.25'))];
  const annotations = scratch.tree({ 'a7.xml': file('a7.jpg', ...objects) });
  const { format, dataset } = await readDetectionDataset({ annotations });
  assert.is(format, 'voc');
  assert.equal(dataset, {
    images: [{ id: 7, file_name: 'a7.jpg', width: 100, height: 50 }],
    annotations: [
      { id: 1, image_id: 7, bbox: [0, 0, 100, 50], area: 5000, iscrowd: 0, category_id: 2 },
      { id: 2, image_id: 7, bbox: [1.5, 2, 1, 8.25], area: 8.25, iscrowd: 0, category_id: 1 },
    ],
    categories: [
      { id: 1, name: 'ant' },
      { id: 2, name: 'cat' },
    ],
  });
});

test("marks of VOC are kept; parts of objects are not taken for objects' own boxes", async () => {
  const part = `<part><name>head</name>${box(1, 1, 2, 2)}</part>`;
  const marks = '<pose>Left</pose><truncated>1</truncated><occluded>1</occluded><difficult>1</difficult>';
  const plain = '<pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>';
  const annotations = scratch.tree({
    '1.xml': file(
      '1.jpg',
      object('a&amp;b', part + marks + box(5, 5, 9, 9)),
      object('a&amp;b', plain + box(5, 5, 9, 9)),
    ),
  });
  const { annotations: found, categories } = await read({ annotations });
  const bare = { image_id: 1, category_id: 1, bbox: [4, 4, 5, 5], area: 25, iscrowd: 0 };
  assert.equal(found, [
    { id: 1, ...bare, pose: 'Left', truncated: 1, occluded: 1, difficult: 1, ignore: 1 },
    { id: 2, ...bare },
  ]);
  assert.is(categories[0].name, 'a&b');
});

const devkit = (): string =>
  scratch.tree({
    'Annotations/000001.xml': file('000001.png', object('dog', box(1, 1, 9, 9))),
    'Annotations/000002.xml': file('000002.png', object('cat', box(1, 1, 9, 9))),
    'Annotations/000003.xml': file('000003.png'),
    'JPEGImages/000001.png': pngHeader(100, 50),
    'JPEGImages/000002.png': pngHeader(100, 50),
    'JPEGImages/000003.png': pngHeader(100, 50),
    'ImageSets/Main/train.txt': '000002\n000003  \n',
    'ImageSets/Main/dog_val.txt': '000001  1\r\n000003 -1\r\n',
  });

test('a split has the ids of the whole, from the folder above or from Annotations', async () => {
  const folder = devkit();
  const whole = await read({ annotations: folder });
  assert.equal(
    whole.images.map(({ id }) => id),
    [1, 2, 3],
  );
  for (const annotations of [folder, `${folder}/Annotations`]) {
    const { dataset, files } = await readDetectionDataset({ annotations, split: 'train' });
    assert.equal(
      dataset.images.map(({ id }) => id),
      [2, 3],
    );
    assert.equal(dataset.categories, whole.categories);
    assert.is(dataset.annotations[0].category_id, 1);
    assert.is(files.get(2), `${folder}/JPEGImages/000002.png`);
  }
  const ofClass = await read({ annotations: folder, split: 'dog_val' });
  assert.equal(
    ofClass.images.map(({ id }) => id),
    [1, 3],
  );
});

test('a split that is not there', async () => {
  const folder = devkit();
  await assertFails(
    readDetectionDataset({ annotations: folder, split: 'trian' }),
    /trian\.txt: no list.*it has dog_val, train/,
    'FILE_NOT_FOUND',
  );
});

test('a list with a name twice, and one without annotation', async () => {
  const annotations = devkit();
  scratch.write(`${annotations.split('/').at(-1)}/ImageSets/Main/odd.txt`, '000001\n000001\n000009\n');
  const problems = (await problemsOf({ annotations, split: 'odd' })).map(describeProblem);
  assert.match(problems[0], /odd\.txt, name is "000009": no usable annotation/);
  assert.match(problems[1], /odd\.txt, name is "000001": it is in the list already/);
});

test('a split is found by any spelling, in any of the places of lists, from within the folder of annotations', async () => {
  const one = { 'annotations/000001.xml': file('000001.png', object('dog', box(1, 1, 9, 9))) };
  const two = { 'annotations/000002.xml': file('000002.png', object('cat', box(1, 1, 9, 9))) };
  const images = { '000001.png': pngHeader(100, 50), '000002.png': pngHeader(100, 50) };
  const inImages = Object.fromEntries(Object.entries(images).map(([name, bytes]) => [`images/${name}`, bytes]));
  const lists = {
    'imagesets/main/TRAIN.txt': '000002\n',
    'ImageSets/train.txt': '000002\n',
    'train.txt': './images/000002.png ./annotations/000002.xml\n',
  };
  for (const [name, text] of Object.entries(lists)) {
    const annotations = scratch.tree({ ...one, ...two, ...inImages, [name]: text });
    for (const place of ['', '/annotations', '/annotations/.', '/annotations/']) {
      const { dataset, files } = await readDetectionDataset({ annotations: annotations + place, split: 'train' });
      assert.equal([dataset.images.map(({ id }) => id), [...files.keys()]], [[2], [2]], name + place);
    }
  }
  const beside = scratch.tree({ ...one, ...two, ...images, 'ImageSets/Main/valid.txt': '000001\n' });
  assert.equal([...(await readDetectionDataset({ annotations: beside, split: 'val' })).files.keys()], [1]);
  const without = scratch.tree({ ...one, ...two, ...inImages });
  const message = /ImageSets\/Main\/val\.txt: no list of this split; it has no lists; make this file/;
  for (const place of ['', '/annotations']) {
    await assertFails(readDetectionDataset({ annotations: without + place, split: 'val' }), message, 'FILE_NOT_FOUND');
  }
});

test('plain folders: XML beside images, a folder for each split', async () => {
  const annotations = scratch.tree({
    'train/x.xml': file('wrong name.png', object('cat', box(1, 1, 9, 9))),
    'train/x.png': pngHeader(100, 50),
    'valid/y.xml': file('y.png'),
  });
  const { dataset, files } = await readDetectionDataset({ annotations, split: 'train' });
  assert.is(dataset.images[0].file_name, 'x.png');
  assert.is(files.get(1), `${annotations}/train/x.png`);
  assert.is((await read({ annotations: `${annotations}/valid` })).images[0].file_name, 'y.png');
});

test('images without annotation are told of where all annotations are taken', async () => {
  const annotations = scratch.tree({
    'Annotations/1.xml': file('1.png', object('cat', box(1, 1, 9, 9))),
    'Annotations/broken.xml': '<annotation>',
    'ImageSets/Main/train.txt': '1\n',
    'JPEGImages/1.png': pngHeader(100, 50),
    'JPEGImages/broken.png': pngHeader(100, 50),
    'JPEGImages/2.png': pngHeader(100, 50),
    'JPEGImages/3.png': pngHeader(100, 50),
  });
  const whole = await readDetectionDataset({ annotations, strict: false });
  const warnings = whole.problems.first.filter(({ severity }) => severity === 'warning');
  assert.equal(
    warnings.map(({ kind, message }) => [kind, message]),
    [
      [
        'unused file',
        '2 images have no annotation and are not used (2.png, 3.png); add one, without objects where it shows none',
      ],
    ],
  );
  const split = await readDetectionDataset({ annotations, split: 'train' });
  assert.equal(split.problems.first, []);
});

test("a size that is missing or 0 is the image's", async () => {
  const annotations = scratch.tree({
    '1.xml': xml(
      '<filename>1.png</filename>',
      '<size><width>0</width><height>0</height></size>',
      object('a', box(1, 1, 9, 9)),
    ),
    '2.xml': xml('<filename>2.png</filename>'),
    '3.xml': xml('<filename>3.png</filename>'),
    '1.png': pngHeader(30, 40),
    '2.png': pngHeader(50, 60),
    '3.png': 'nothing',
  });
  const { dataset, problems } = await readDetectionDataset({ annotations, strict: false });
  assert.equal(
    dataset.images.map(({ width, height }) => [width, height]),
    [
      [30, 40],
      [50, 60],
    ],
  );
  assert.match(describeProblem(problems.first[0]), /3\.png, image 3: a file of unknown format/);
});

const faults: readonly (readonly [string, string, RegExp])[] = [
  [
    'no XML',
    '<annotation><object></annotation>',
    /1\.xml, image 1: Missing end tag for element object \(line 1, column 21\)/,
  ],
  ['another kind of XML', '<svg/>', /1\.xml, image 1: its outermost element is <svg>/],
  [
    'an object by another name',
    file('1.png', object('cat', box(1, 1, 2, 2)).replaceAll('object>', 'Object>')),
    /1\.xml:4, image 1, element is "Object": objects are read only from <object>/,
  ],
  [
    'objects in a list',
    file('1.png', `<objects>${object('cat', box(1, 1, 2, 2))}</objects>`),
    /image 1, element is "objects": objects are read only from <object>/,
  ],
  ['no size', xml('<filename>1.png</filename>'), /image 1, size is nothing: width or height/],
  [
    'no name',
    file('1.png', object('', box(1, 1, 2, 2))),
    /1\.xml:4, image 1, object\[0\]\.name is "": .*name of its category/,
  ],
  ['no box', file('1.png', object('a', '')), /1\.xml:4, image 1, object\[0\]\.bndbox is nothing: /],
  [
    'no side',
    file('1.png', object('a', '<bndbox><xmin>1</xmin></bndbox>')),
    /1\.xml:6, .*bndbox\.ymin is nothing: it must be a number/,
  ],
  [
    'a side that is text',
    file('1.png', object('a', box(1, 'two', 3, 4))),
    /1\.xml:6, .*bndbox\.ymin is "two": it must be a number/,
  ],
  ['a side that is NaN', file('1.png', object('a', box(1, 1, 'NaN', 4))), /bndbox\.xmax is "NaN"/],
  ['a side beyond numbers', file('1.png', object('a', box(1, 1, '1e999', 4))), /bndbox\.xmax is "1e999"/],
  [
    'corners the wrong way',
    file('1.png', object('a', box(9, 1, 3, 4))),
    /1\.xml:6, image 1, bndbox is \[8,0,-5,4\]: .*negative/,
  ],
];

for (const [name, content, message] of faults) {
  test(`an error: ${name}`, async () => {
    const annotations = scratch.tree({ '1.xml': content, '2.xml': file('2.png') });
    const [problem] = await problemsOf({ annotations });
    assert.is(problem.severity, 'error');
    assert.match(describeProblem(problem), message);
    await assertFails(readDetectionDataset({ annotations }), message);
  });
}

test('another encoding than UTF-8', async () => {
  const annotations = scratch.tree({ '1.xml': Buffer.from('<annotation><a>é</a></annotation>', 'latin1') });
  assert.match(describeProblem((await problemsOf({ annotations }))[0]), /1\.xml, image 1: it is not text in UTF-8/);
});

const utf16 = (text: string, isBig = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
};
const declared = (encoding: string, name: string): string =>
  `<?xml version="1.0" encoding="${encoding}"?>\n${file('1.png', object(name, box(1, 1, 9, 9)))}`;

const encodings: readonly (readonly [string, string, Uint8Array])[] = [
  ['ISO-8859-1', 'été', Buffer.from(declared('ISO-8859-1', 'été'), 'latin1')],
  ['windows-1252', '€ “œ” Ÿ', Buffer.from(declared('windows-1252', '\x80 \x93\x9c\x94 \x9f'), 'latin1')],
  ['single quotes', 'été', Buffer.from(declared('latin1', 'été').replaceAll('"', "'"), 'latin1')],
  [
    'windows-1251',
    'кот',
    Buffer.concat([
      Buffer.from(declared('windows-1251', '').split('<name>')[0]),
      Buffer.from('<name>\xea\xee\xf2</name>', 'latin1'),
      Buffer.from(declared('windows-1251', '').split('</name>')[1]),
    ]),
  ],
  ['Shift_JIS', '猫', Buffer.from(declared('Shift_JIS', '\x94\x4c'), 'latin1')],
  ['GBK', '猫', Buffer.from(declared('GBK', '\xc3\xa8'), 'latin1')],
  ['ISO-2022-JP, whose bytes are ASCII', '猫', Buffer.from(declared('ISO-2022-JP', '\x1b$BG-\x1b(B'), 'latin1')],
  ['UTF-16 with a mark', 'été', utf16(`\uFEFF${declared('utf-16', 'été')}`)],
  ['UTF-16, big endian', '猫', utf16(`\uFEFF${declared('utf-16', '猫')}`, true)],
  ['UTF-16 without a mark', 'été', utf16(declared('UTF-16', 'été'))],
  ['UTF-16, big endian, without a mark', 'été', utf16(declared('UTF-16', 'été'), true)],
  ['UTF-16 that was saved as UTF-8', 'été', Buffer.from(declared('utf-16', 'été'))],
  ['a mark of UTF-8 before another declaration', 'été', Buffer.from(`\uFEFF${declared('ISO-8859-1', 'été')}`)],
  ['UTF-8 that calls itself ASCII', 'été', Buffer.from(declared('US-ASCII', 'été'))],
];

for (const [encoding, name, bytes] of encodings) {
  test(`encodings: ${encoding}`, async () => {
    const { categories } = await read({ annotations: scratch.tree({ '1.xml': bytes }) });
    assert.equal(categories, [{ id: 1, name }]);
  });
}

const unknownEncodings: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['utf-7', Buffer.from(declared('utf-7', 'a+AOk-')), /in UTF-7, as its XML declaration says, which cannot be read/],
  ['cp437', Buffer.from(declared('cp437', '\x82t\x82'), 'latin1'), /in CP437, as its XML declaration says/],
  ['utf-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), /it is text in UTF-32LE, which cannot be read/],
  ['not as declared', Buffer.from(declared('GBK', '\x81 '), 'latin1'), /it is not text in GBK, as its XML decl/],
];

for (const [encoding, bytes, message] of unknownEncodings) {
  test(`an error: encoding ${encoding}, and the other files are read`, async () => {
    const annotations = scratch.tree({ '1.xml': bytes, '2.xml': file('2.png', object('a', box(1, 1, 9, 9))) });
    const { dataset, problems } = await readDetectionDataset({ annotations, strict: false });
    assert.match(describeProblem(problems.first[0]), message);
    assert.equal(
      dataset.images.map(({ id }) => id),
      [2],
    );
  });
}

test('endings and folders in any case', async () => {
  const annotations = scratch.tree({
    'annotations/1.XML': file('1.png', object('a', box(1, 1, 9, 9))),
    'annotations/2.Xml': file('2.png'),
    'jpegimages/1.PNG': pngHeader(100, 50),
    'jpegimages/2.png': pngHeader(100, 50),
    'imagesets/main/TRAIN.TXT': '2\r\n',
  });
  const { format, dataset, files } = await readDetectionDataset({ annotations });
  assert.is(format, 'voc');
  assert.equal([dataset.images.length, dataset.annotations.length, files.size], [2, 1, 2]);
  assert.is(files.get(1), `${annotations}/jpegimages/1.PNG`);
  for (const folder of [annotations, `${annotations}/annotations`]) {
    const { images } = await read({ annotations: folder, split: 'train' });
    assert.equal(
      images.map(({ file_name }) => file_name),
      ['2.png'],
    );
  }
});

const [precomposed, decomposed] = ['Café', 'Cafe\u0301'];

test('names that differ in Unicode normalization are the same', async () => {
  const annotations = scratch.tree({
    [`Annotations/${precomposed}.xml`]: file(`${precomposed}.png`, object(precomposed, box(1, 1, 9, 9))),
    'Annotations/2.xml': file('2.png', object(decomposed, box(1, 1, 9, 9))),
    [`JPEGImages/${decomposed}.png`]: pngHeader(100, 50),
    'JPEGImages/2.png': pngHeader(100, 50),
    'ImageSets/Main/train.txt': `${decomposed}\n`,
  });
  const { dataset, files } = await readDetectionDataset({ annotations });
  assert.equal([files.size, dataset.categories], [2, [{ id: 1, name: precomposed }]]);
  assert.is((await read({ annotations, split: 'train' })).images.length, 1);
});

test('a line of a list is a name first, then a name and a flag', async () => {
  const names = ['img', 'img 1', ' outer ', 'v 2', 'plain'];
  const files = names.map((name) => [`Annotations/${name}.xml`, file(`${name}.png`)]);
  const annotations = scratch.tree({
    ...Object.fromEntries(files),
    'ImageSets/Main/whole.txt': 'img 1\n outer \n v 2\t\nimg\n\n',
    'ImageSets/Main/paths.txt': 'img.png\nJPEGImages/img 1.PNG 1\nAnnotations\\plain.xml\n',
    'ImageSets/Main/flags.txt': 'img  1\r\nimg 1 -1\r\n outer   0\r\nplain -1\r\nv 2  1 \r\n',
  });
  const namesIn = async (split: string) =>
    (await read({ annotations, split })).images.map(({ file_name }) => file_name);
  assert.equal(await namesIn('whole'), ['img 1.png', ' outer .png', 'v 2.png', 'img.png']);
  assert.equal(await namesIn('paths'), ['img.png', 'img 1.png', 'plain.png']);
  assert.equal(await namesIn('flags'), ['img.png', 'img 1.png', ' outer .png', 'plain.png', 'v 2.png']);
});

test('lines of objects on one line, and of many', async () => {
  const annotations = scratch.tree({
    '1.xml': file('1.jpg', object('a', box(9, 1, 3, 4)), object('a', box(1, 1, 3, 4)), object('a', box(9, 1, 3, 4))),
    '2.xml': file('2.jpg', object('a', box(9, 1, 3, 4))).replaceAll('\n', ''),
  });
  assert.equal(
    (await problemsOf({ annotations })).map(({ line }) => line),
    [6, 14, 1],
  );
});

test('what is outside of the split is not told of', async () => {
  const annotations = devkit();
  scratch.write(`${annotations.split('/').at(-1)}/Annotations/000001.xml`, 'broken');
  assert.equal(await problemsOf({ annotations, split: 'train' }), []);
  assert.is((await problemsOf({ annotations })).length, 1);
});

test('warnings: slips of the mouse, boxes beyond the image', async () => {
  const objects = [object('a', box(4, 4, 4, 4)), object('a', box(1, 1, 103, 9)), object('a', box(0, 0, 100, 9))];
  const annotations = scratch.tree({ '1.xml': file('1.png', ...objects) });
  const problems = (await problemsOf({ annotations })).map(describeProblem);
  assert.is(problems.length, 2);
  assert.match(problems[0], /1\.xml:6, image 1, bndbox is \[3,3,1,1\]: it covers no more than a pixel/);
  assert.match(problems[1], /1\.xml:10, image 1, bndbox is \[0,0,103,9\]: the box reaches 3 pixels beyond/);
});

test('an image that is not there, a category that categories.json lacks', async () => {
  const annotations = devkit();
  const name = annotations.split('/').at(-1);
  scratch.write(`${name}/Annotations/000004.xml`, file('000004.png'));
  scratch.write(`${name}/categories.json`, JSON.stringify([{ id: 17, name: 'cat' }]));
  const { dataset, problems } = await readDetectionDataset({ annotations, strict: false });
  const lines = problems.first.map(describeProblem);
  assert.match(lines[0], /000001\.xml:6, image 1, name is "dog": categories\.json has no category/);
  assert.match(lines[1], /000004\.xml, image 4, filename is "000004\.png": no file of this name/);
  assert.equal(dataset.categories, [{ id: 17, name: 'cat' }]);
});

test('a folder without XML', async () => {
  const annotations = scratch.tree({ 'Annotations/a.txt': '' });
  await assertFails(readDetectionDataset({ annotations }), /Annotations: no XML files/);
  const single = scratch.write('one.xml', file('a.png'));
  await assertFails(readDetectionDataset({ annotations: single }), /name the folder of XML files/);
});

(hasShared('bccd') ? test : test.skip)('BCCD: 364 images, and the two clicks among its boxes', async () => {
  const annotations = `${sharedData}/bccd`;
  const { dataset, files, problems } = await readDetectionDataset({ annotations, checkImages: true });
  assert.equal([dataset.images.length, dataset.annotations.length, files.size], [364, 4888, 364]);
  assert.equal(
    dataset.categories.map(({ name }) => name),
    ['Platelets', 'RBC', 'WBC'],
  );
  assert.equal(
    problems.first.map(({ severity, kind, image, line }) => [severity, kind, image, line]),
    [
      ['warning', 'empty box', 338, 163],
      ['warning', 'empty box', 343, 55],
    ],
  );
  const parts = ['train', 'val', 'test'].map((split) => readDetectionDataset({ annotations, split }));
  assert.equal(
    (await Promise.all(parts)).map((part) => part.dataset.images.length),
    [205, 87, 72],
  );
});

test.run();
