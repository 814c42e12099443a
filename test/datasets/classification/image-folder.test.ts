import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClassificationDataset, openClassificationDataset, type Split } from '../../../datasets/index.ts';
import { rejects } from '../../rejects.ts';

const test = suite('image folders');
const root = mkdtempSync(join(tmpdir(), 'image-folder-'));
test.after(() => rmSync(root, { recursive: true }));

function folderOf(name: string, files: readonly string[]): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

const open = (folder: string, split?: Split) =>
  openClassificationDataset(`imagefolder:${folder}`, split === undefined ? {} : { split });
const contents = (dataset: ClassificationDataset, folder: string): string[] =>
  Array.from({ length: dataset.length }, (_, i) => `${dataset.label(i)} ${relative(folder, dataset.nameOf(i))}`);

test('classes and images are in torchvision’s order; other files are left out', async () => {
  const folder = folderOf('order', [
    'b/2.png',
    'b/10.JPG',
    'b/deeper/1.jpeg',
    'b/deeper/still/0.webp',
    'b/notes.txt',
    'b/.hidden.png',
    'B/x.png',
    'a10/x.png',
    'a9/x.png',
    '.cache/x.png',
    'list.json',
    'stray.png',
  ]);
  const dataset = await open(folder);
  assert.is(dataset.name, 'imagefolder');
  assert.equal(dataset.classes, ['B', 'a10', 'a9', 'b']);
  assert.not.ok(dataset.wnids);
  assert.equal(contents(dataset, folder), [
    '0 B/x.png',
    '1 a10/x.png',
    '2 a9/x.png',
    '3 b/10.JPG',
    '3 b/2.png',
    '3 b/deeper/1.jpeg',
    '3 b/deeper/still/0.webp',
  ]);
  assert.is(dataset.image(0), join(folder, 'B', 'x.png'));
});

test('names are ordered by code points, as Python orders them', async () => {
  // By JavaScript's own comparison the last two change places.
  const names = ['Z', 'a', 'é', '犬', '\uff5a', '\u{1f600}'];
  const dataset = await open(
    folderOf(
      'unicode',
      names.map((name) => `${name}/1.png`),
    ),
  );
  assert.equal(dataset.classes, names);
});

test('folders named by WordNet ids, and only those, give wnids', async () => {
  const wnids = ['n01440764', 'n02102040'];
  assert.equal(
    (
      await open(
        folderOf(
          'wnids',
          wnids.map((wnid) => `${wnid}/1.jpg`),
        ),
      )
    ).wnids,
    wnids,
  );
  assert.not.ok((await open(folderOf('mixed', ['n01440764/1.jpg', 'dog/1.jpg']))).wnids);
});

test('a folder of splits opens the one that is asked for', async () => {
  const folder = folderOf('splits', [
    'train/cat/1.png',
    'train/dog/1.png',
    'val/cat/2.png',
    'val/dog/2.png',
    'readme.md',
  ]);
  assert.equal(contents(await open(folder), folder), ['0 val/cat/2.png', '1 val/dog/2.png']);
  assert.equal(contents(await open(folder, 'train'), folder), ['0 train/cat/1.png', '1 train/dog/1.png']);
  await rejects(open(folderOf('only-train', ['train/cat/1.png'])), 'BAD_DATASET', /no test or val .*only train/);
  await rejects(
    open(folderOf('flat', ['cat/1.png', 'train/1.png']), 'train'),
    'BAD_DATASET',
    /'train' that is a split/,
  );
  assert.equal((await open(join(root, 'flat'))).classes, ['cat', 'train']);
});

test('folders of splits in any case, and as Roboflow calls them', async () => {
  const folder = folderOf('cased-splits', ['Train/cat/1.png', 'Valid/cat/2.png']);
  assert.equal(contents(await open(folder), folder), ['0 Valid/cat/2.png']);
  assert.equal(contents(await open(folder, 'train'), folder), ['0 Train/cat/1.png']);
});

test('classes are called the same on every system; two folders of one name are an error', async () => {
  const folder = folderOf('normalization', ['Cafe\u0301/1.png', 'bar/1.png']);
  assert.equal((await open(folder)).classes, ['Café', 'bar']);
  folderOf('normalization', ['Café/1.png']);
  await rejects(open(folder), 'BAD_DATASET', /two folders are called 'Café'/);
});

test('images that are not used are told of', async () => {
  const { length, notes } = await open(
    folderOf('unused', ['cat/1.png', 'cat/sub/2.HEIC', 'cat/3.jxl', '4.jpg', 'a.txt']),
  );
  assert.is(length, 1);
  assert.match(
    notes?.join('\n') ?? '',
    /^2 images are of a format that is not read; .*3\.jxl\n1 image is in no .*4\.jpg$/,
  );
});

test('links are followed, but not in circles; one that leads nowhere is an image that cannot be read', async () => {
  const folder = folderOf('links', ['cat/1.png']);
  const elsewhere = folderOf('elsewhere', ['9.png']);
  symlinkSync(elsewhere, join(folder, 'dog'));
  symlinkSync('..', join(folder, 'cat', 'up'));
  symlinkSync('gone.png', join(folder, 'cat', '2.png'));
  const files = contents(await open(folder), folder);
  assert.ok(files.includes('0 cat/2.png') && files.includes('1 dog/9.png'), files.join());
  assert.ok(files.length < 8, files.join());
});

test('empty classes and empty folders are errors that name them', async () => {
  const folder = folderOf('empty', ['cat/1.png', 'dog/notes.txt', 'eel/.keep']);
  await rejects(open(folder), 'BAD_DATASET', /no images in the folders dog, eel \(looked for \.jpg/);
  await rejects(open(folderOf('nothing', ['1.png'])), 'BAD_DATASET', /nothing: no folders/);
  await rejects(open(join(root, 'absent')), 'FILE_NOT_FOUND', /absent: no such folder/);
  await rejects(open(join(folder, 'cat', '1.png')), 'FILE_NOT_FOUND', /1\.png: not a folder/);
});

test.run();
