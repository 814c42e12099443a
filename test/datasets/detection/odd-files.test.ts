import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectInputs } from '../../../cli/input/inputs.ts';
import { describeProblem, readDetectionDataset } from '../../../datasets/index.ts';
import { assertFails, pngHeader, problemsOf, Scratch } from './scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

const png = pngHeader(200, 100);
const line = '0 0.5 0.5 0.25 0.5';
const names = 'names: [cat]\n';

const warningsOf = async (annotations: string) => (await problemsOf({ annotations })).map(describeProblem);

test('a link that leads back to a folder above it counts no image twice', async () => {
  const folder = scratch.tree({ 'data.yaml': names, 'images/sub/1.png': png, 'labels/sub/1.txt': line });
  symlinkSync(join(folder, 'images'), join(folder, 'images/sub/loop'));
  symlinkSync('.', join(folder, 'images/again'));
  symlinkSync('itself.png', join(folder, 'images/itself.png'));
  const { dataset } = await readDetectionDataset({ annotations: folder });
  assert.equal(
    dataset.images.map(({ file_name }) => file_name),
    ['sub/1.png'],
  );
  assert.is(dataset.annotations.length, 1);
});

test('links to folders that lie elsewhere are followed', async () => {
  const store = scratch.tree({ '1.png': png, '2.png': png });
  const folder = scratch.tree({ 'data.yaml': names, 'labels/a/1.txt': line, 'images/3.png': png });
  symlinkSync(store, join(folder, 'images/a'));
  const { dataset } = await readDetectionDataset({ annotations: folder });
  assert.equal(
    dataset.images.map(({ file_name }) => file_name),
    ['3.png', 'a/1.png', 'a/2.png'],
  );
});

if (process.platform !== 'win32') {
  test('pipes in the places of an image and of labels are named', async () => {
    const folder = scratch.tree({
      'data.yaml': names,
      'images/1.png': png,
      'images/2.png': png,
      'labels/1.txt': line,
    });
    execFileSync('mkfifo', [join(folder, 'images/3.png'), join(folder, 'labels/2.txt')]);
    const problems = await warningsOf(folder);
    assert.ok(
      problems.some((text) => /1 image is a pipe, a device or a socket \(.*images\/3\.png\)/.test(text)),
      problems.join('\n'),
    );
    assert.ok(
      problems.some((text) => /labels\/2\.txt.*is a device or pipe/.test(text)),
      problems.join('\n'),
    );
  });
}

test('of a folder with annotations of several formats it is said which are not read', async () => {
  const box = '<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>';
  const object = `<object><name>cat</name>${box}</object>`;
  const size = '<size><width>200</width><height>100</height><depth>3</depth></size>';
  const xml = `<annotation><filename>1.png</filename>${size}${object}</annotation>`;
  const coco = JSON.stringify({ images: [], annotations: [], categories: [] });
  const settings = JSON.stringify({ version: 1 });
  const folder = scratch.tree({
    '1.png': png,
    '1.xml': xml,
    'a.json': coco,
    'sub/b.json': coco,
    'settings.json': settings,
    'categories.json': JSON.stringify([{ id: 1, name: 'cat' }]),
  });
  assert.equal(await warningsOf(folder), [
    `${folder}: the folder is read as voc; 2 files of coco are not read (a.json …); to read one, name the file`,
  ]);
  const both = scratch.tree({ 'data.yaml': names, 'images/1.png': png, 'labels/1.txt': line, 'old.xml': xml });
  assert.equal(await warningsOf(both), [
    `${both}: the folder is read as yolo; 1 file of voc is not read (old.xml); move what is meant to a folder of its own`,
  ]);
  assert.equal(await problemsOf({ annotations: both, format: 'yolo' }), []);
});

test('equal lines count once, and are told of with a count', async () => {
  const labels = [line, '0 0.50 0.5 .25 5e-1', '', '0 0.5 0.5 0.25 0.4', line].join('\n');
  const folder = scratch.tree({ 'data.yaml': names, 'images/1.png': png, 'labels/1.txt': labels });
  const { dataset, problems } = await readDetectionDataset({ annotations: folder });
  assert.equal(
    dataset.annotations.map(({ bbox }) => bbox[3]),
    [50, 40],
  );
  assert.is(problems.warnings, 1);
  assert.match(describeProblem(problems.first[0]), /labels\/1\.txt:2, image 1: 2 lines are the same as one above/);
});

test('images that share a label file are named', async () => {
  const folder = scratch.tree({
    'data.yaml': names,
    'images/a.png': png,
    'images/a.jpg': png,
    'images/b.png': png,
    'labels/a.txt': line,
    'labels/b.txt': line,
  });
  const [warning, ...more] = await warningsOf(folder);
  assert.match(warning, /1 label file belongs to more than one image \(a\.jpg and a\.png\)/);
  assert.is(more.length, 0);
});

test('names that lead out of the folder of images open no file but an image', async () => {
  const secret = 'root:x:0:0';
  const coco = (file_name: string) =>
    JSON.stringify({ images: [{ id: 1, file_name, width: 200, height: 100 }], annotations: [], categories: [] });
  const folder = scratch.tree({
    passwd: secret,
    'data/img/1.png': png,
    'data/other/2.png': png,
    'data/a.json': coco('../../passwd'),
    'data/b.json': coco('../other/2.png'),
    'data/c.json': coco('/etc/passwd'),
    'data/d.json': coco('..\\..\\passwd'),
  });
  const images = `${folder}/data/img`;
  const read = (name: string) => readDetectionDataset({ annotations: `${folder}/data/${name}.json`, images });
  for (const name of ['a', 'd'])
    await assertFails(read(name), /passwd".*leads out of .*data\/img and is no image's name/);
  await assertFails(read('c'), /no file of this name/);
  assert.equal([...(await read('b')).files.values()], [`${folder}/data/other/2.png`]);
});

test('what a file that is no image holds is not shown', async () => {
  const folder = scratch.tree({
    'data.yaml': names,
    'images/1.png': 'hunter2 secret',
    'images/2.png': '\x80\x81hunter2',
  });
  const problems = (await problemsOf({ annotations: folder })).map(describeProblem).join('\n');
  assert.match(problems, /1\.png.*a file of unknown format \(text\)/);
  assert.not.match(problems, /hunter2|68 75 6e|80 81/);
});

test('lists name images however their letters are composed', async () => {
  const folder = scratch.tree({ 'data.yaml': `${names}train: list.txt\n`, 'images/Caf\u00e9/\u00e9.png': png });
  scratch.write('labels/x', '');
  const composed = `${folder}/images/Caf\u00e9/\u00e9.png`;
  const apart = composed.normalize('NFD');
  const { write } = {
    write: (path: string, text: string) => scratch.write(path.slice(scratch.folder.length + 1), text),
  };
  write(`${folder}/labels/Caf\u00e9/\u00e9.txt`, line);
  for (const text of [apart, `./images/${'Caf\u00e9/\u00e9.png'.normalize('NFD')}`]) {
    write(`${folder}/list.txt`, `${text}\n`);
    const { files, dataset } = await readDetectionDataset({ annotations: folder, split: 'train' });
    assert.equal([...files.values()], [composed]);
    assert.is(dataset.annotations.length, 1);
  }
  const signal = new AbortController().signal;
  const stdin = (async function* () {
    yield `${apart}\n`;
  })();
  const { files, failures } = await collectInputs(['-'], { recursive: false, signal, stdin });
  assert.equal([files.map(({ file }) => file), failures], [[composed], []]);
});

test.run();
