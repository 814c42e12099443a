import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CocoDataset, writeDetectionDataset } from '../../datasets/index.ts';
import { AppendFile } from '../../io/append-file.ts';
import { makeFolder } from '../../io/whole-file.ts';
import { checkWithin } from '../../io/within-folder.ts';
import { rejects } from '../rejects.ts';
import { smallDisk } from '../small-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'within-'));
test.after(() => rmSync(root, { recursive: true }));
const [out, elsewhere] = [join(root, 'out'), join(root, 'elsewhere')];
mkdirSync(join(out, 'sub'), { recursive: true });
mkdirSync(elsewhere);
symlinkSync(elsewhere, join(out, 'link'));
symlinkSync(join(out, 'sub'), join(out, 'inner'));
symlinkSync(join(root, 'nowhere'), join(out, 'broken'));
symlinkSync(out, join(root, 'alias'));

test('a path leads out of its folder neither by its name nor by a link', async () => {
  for (const name of ['a.jpg', 'sub/a.jpg', 'new/er/a.jpg', 'inner/a.jpg', '..a.jpg', 'sub/../a.jpg']) {
    checkWithin(out, join(out, name));
    checkWithin(join(root, 'alias'), join(root, 'alias', name));
  }
  checkWithin(join(root, 'absent'), join(root, 'absent', 'deep', 'a.jpg'));
  const refused = async (name: string, pattern: RegExp) =>
    rejects((async () => checkWithin(out, join(out, name)))(), 'FILE_NOT_WRITABLE', pattern);
  await refused('../a.jpg', /leads out of/);
  await refused('sub/../../a.jpg', /leads out of/);
  await refused('link/a.jpg', /leads by a symbolic link out of/);
  await refused('link/deep/er/a.jpg', /leads by a symbolic link out of/);
  await refused('broken/a.jpg', /broken symbolic link/);
});

const dataset: CocoDataset = {
  images: [{ id: 1, file_name: 'a.png', width: 10, height: 10 }],
  annotations: [],
  categories: [{ id: 1, name: 'cat' }],
};

test('a data set is written to its folder only', async () => {
  for (const to of ['voc', 'yolo'] as const) {
    for (const split of ['../../../x', '/../../../x']) {
      const folder = join(root, 'set', to);
      const written = writeDetectionDataset(dataset, { to, out: folder, split });
      await written.then(
        () => assert.unreachable(),
        (error) => assert.is(error.code, 'FILE_NOT_WRITABLE', split),
      );
      assert.not(readdirSync(root).includes('x.txt'));
    }
    const linked = join(root, `linked-${to}`);
    mkdirSync(linked);
    symlinkSync(elsewhere, join(linked, to === 'voc' ? 'Annotations' : 'labels'));
    await rejects(writeDetectionDataset(dataset, { to, out: linked }), 'FILE_NOT_WRITABLE', /by a symbolic link/);
  }
  assert.equal(readdirSync(elsewhere), []);
});

test('a log is not written through a link', () => {
  symlinkSync(join(elsewhere, 'log.jsonl'), join(out, 'log.jsonl'));
  assert.throws(() => AppendFile.open(join(out, 'log.jsonl')), /cannot be written: it is a symbolic link/);
  assert.equal(readdirSync(elsewhere), []);
});

test('folders are made one in another; what cannot be made says why', async () => {
  await makeFolder(join(root, 'one', 'two', 'three'));
  await makeFolder(join(root, 'one', 'two'));
  await makeFolder(join(root, 'alias', 'by-link'));
  await rejects(makeFolder(join(out, 'broken')), 'FILE_NOT_WRITABLE', /cannot be written: file already exists/);
});

const disk = smallDisk(64);
test.after(() => disk?.remove());

(disk ? test : test.skip)('a read-only file system is called that', async () => {
  spawnSync('mount', ['-o', 'remount,ro', disk!.folder]);
  await makeFolder(disk!.folder);
  for (const name of ['a', join('a', 'b', 'c')]) {
    await rejects(
      makeFolder(join(disk!.folder, name)),
      'FILE_NOT_WRITABLE',
      /cannot be written: read-only file system/,
    );
  }
});

test.run();
