import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { imageIdsFromAnnotations, imageIdsFromNames, readAnnotatedSet } from '../../../detection/results/image-ids.ts';
import { ResnetCocoError } from '../../../errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'image-ids-'));
test.after(() => rmSync(folder, { recursive: true }));

test('ids are the numbers of the names where each has its own', () => {
  const { ids, source } = imageIdsFromNames(['b/10.jpg', 'a/2.jpg']);
  assert.equal(ids, [10, 2]);
  assert.is(source, 'file names');
});

test('one name without a number, or two with the same, number all in order', () => {
  const without = imageIdsFromNames(['7.jpg', 'street.jpg', '9.jpg']);
  assert.equal(without.ids, [1, 2, 3]);
  assert.is(without.source, 'path order');
  assert.match(without.note!, /street\.jpg/);
  const same = imageIdsFromNames(['a/7.jpg', 'b/007.png']);
  assert.equal(same.ids, [1, 2]);
  assert.match(same.note!, /a\/7\.jpg.*b\/007\.png/);
});

test('a number that is too large to be exact is no id', () => {
  const { ids, note } = imageIdsFromNames(['7706992903151817196.jpg', '2.jpg']);
  assert.equal(ids, [1, 2]);
  assert.match(note!, /the number in the name of '7706992903151817196\.jpg' is beyond 2\^53 − 1/);
});

test('annotations give ids by name, whatever the folder and the format', () => {
  const images = [
    { id: 5, file_name: 'val2017/000005.jpg' },
    { id: 'seven', file_name: '000007.jpg' },
  ];
  const { ids, source } = imageIdsFromAnnotations(['/data/000007.png', 'x/000005.jpg', 'other.jpg'], images);
  assert.equal(ids, ['seven', 5, undefined]);
  assert.is(source, 'annotations');
});

test('folders decide between annotated images of one name', () => {
  const images = [
    { id: 1, file_name: 'train/1.jpg' },
    { id: 2, file_name: 'val/1.jpg' },
  ];
  assert.equal(imageIdsFromAnnotations(['data/val/1.jpg', 'data/train/1.jpg'], images).ids, [2, 1]);
  assert.throws(() => imageIdsFromAnnotations(['data/1.jpg'], images), /data\/1\.jpg: could be any of .* 1 and 2/);
});

test('of two files for one image the closer one has it; two alike are an error', () => {
  const images = [{ id: 1, file_name: 'val/1.jpg' }];
  assert.equal(imageIdsFromAnnotations(['a/1.jpg', 'val/1.jpg'], images).ids, [undefined, 1]);
  assert.equal(imageIdsFromAnnotations(['val/1.jpg', 'val/1.png'], images).ids, [1, undefined]);
  assert.throws(
    () => imageIdsFromAnnotations(['a/1.jpg', 'b/1.jpg'], images),
    /'a\/1\.jpg' and 'b\/1\.jpg' could both/,
  );
});

test('annotations of other images altogether are an error', () => {
  assert.throws(
    () => imageIdsFromAnnotations(['a.jpg'], [{ id: 1, file_name: 'b.jpg' }]),
    (error: Error) =>
      error instanceof ResnetCocoError && error.code === 'BAD_DATASET' && /a\.jpg.*b\.jpg/.test(error.message),
  );
});

test('an annotation file is read with or without a byte order mark', async () => {
  const path = join(folder, 'good.json');
  writeFileSync(path, '\uFEFF{"images": [{"id": 3, "file_name": "a.jpg", "width": 2}]}');
  const {
    categories,
    images: [image],
  } = readAnnotatedSet(path);
  assert.equal(categories, []);
  assert.is(image.id, 3);
  assert.is(image.file_name, 'a.jpg');
});

test('a wrong annotation file is named with the field', async () => {
  const cases: [string, RegExp][] = [
    ['{"images": [', /is not whole: it ends after 12 bytes/],
    ['[]', /no list 'images'/],
    ['null', /no list 'images'/],
    ['{"images": {}}', /no list 'images'/],
    ['{"images": [{"id": 1}]}', /images\[0\]\.file_name .*got undefined/],
    ['{"images": [null]}', /images\[0\]\.file_name/],
    ['{"images": [{"id": 1.5, "file_name": "a"}]}', /images\[0\]\.id .*got 1\.5/],
    ['{"images": [{"id": 9007199254740993, "file_name": "a"}]}', /images\[0\]\.id .*2\^53 − 1.*texts in every file/],
    ['{"images": [], "categories": [{"id": "1", "name": "cat"}]}', /categories\[0\]\.id wants a whole number, got "1"/],
    ['{"images": [], "categories": [{"id": 9007199254740992, "name": "cat"}]}', /categories\[0\]\.id .*2\^53 − 1/],
    ['{"images": [], "categories": [{"id": 1}]}', /categories\[0\]\.name wants a text/],
    ['{"images": [], "categories": 3}', /'categories' is no list/],
    ['{"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}]}', /images\[1\]\.id repeats 1/],
  ];
  for (const [content, message] of cases) {
    const path = join(folder, 'bad.json');
    writeFileSync(path, content);
    try {
      readAnnotatedSet(path);
      assert.unreachable(content);
    } catch (error) {
      assert.instance(error, ResnetCocoError, content);
      assert.is((error as ResnetCocoError).code, 'BAD_DATASET');
      assert.match((error as ResnetCocoError).message, message);
      assert.ok((error as ResnetCocoError).message.startsWith(path));
    }
  }
  try {
    readAnnotatedSet(join(folder, 'absent.json'));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /absent\.json: no such file/);
  }
});

test('names that differ in Unicode normalization are the same', () => {
  const { ids } = imageIdsFromAnnotations(['x/Cafe\u0301.jpg'], [{ id: 7, file_name: 'Café.JPG' }]);
  assert.equal(ids, [7]);
});

test.run();
