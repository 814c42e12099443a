import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DetectedImage,
  DetectionFolder,
  type FolderOptions,
  type PictureMaker,
} from '../../../detection/results/detection-folder.ts';
import { writeWholeFile } from '../../../io/whole-file.ts';
import { rejects } from '../../rejects.ts';
import { smallDisk } from '../../small-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'detection-folder-'));
test.after(() => rmSync(root, { recursive: true }));

const found = (file: string, count = 1): DetectedImage => ({
  file,
  width: 64,
  height: 48,
  detections: Array.from({ length: count }, (_, i) => ({
    category_id: 1 + i,
    label: `thing ${i}`,
    score: 0.9 - i / 10,
    bbox: [1, 2, 3, 4 + i] as const,
  })),
});

const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** Pictures that hold the number of their boxes; later ones are ready sooner. */
function fakePictures(): PictureMaker<DetectedImage> {
  let wait = 30;
  return {
    draw: async (image, target) => {
      wait -= 5;
      await setTimeout(Math.max(0, wait));
      if (image.file.includes('unwritable')) throw new Error('disk full');
      await writeFile(target, String(image.detections.length));
      return new Uint8Array(3);
    },
  };
}

/** Options that write down what failed. */
const withPictures = (failures: string[] = [], pictures = fakePictures()): FolderOptions<DetectedImage> => ({
  pictures,
  onFailure: (file, error) => failures.push(`${relative(root, resolve(root, file))}: ${(error as Error).message}`),
});

/** The records of pictures and failures in a page, in order. */
const recordsIn = (...path: string[]): { file: string; link?: string; error?: string }[] =>
  [...readFileSync(join(root, ...path), 'utf8').matchAll(/class="(?:picture|failure)">(.*?)<\/script>/g)].map(
    ([, json]) => JSON.parse(json),
  );

test('results, ids and pictures of each image, in order', async () => {
  const failures: string[] = [];
  const names = ['a.jpg', 'deep/er/b.jpg', 'unwritable.jpg', 'c.jpg'];
  const planned = names.map((name, i) => ({ file: `in/${name}`, name, id: i === 3 ? undefined : 10 + i }));
  const folder = await DetectionFolder.create(join(root, 'out', 'new'), planned, withPictures(failures));
  for (const [i, { file }] of planned.entries()) await folder.add(found(file, i));
  // Up to date before the end.
  assert.equal(
    (readJson('out', 'new', 'images.json') as { id: number }[]).map(({ id }) => id),
    [10, 11, 12],
  );
  assert.is((readJson('out', 'new', 'detections.json') as unknown[]).length, 3);
  assert.not(existsSync(join(root, 'out', 'new', 'index.html')));
  await folder.fail('in/late.jpg', 'empty');
  await folder.close();

  assert.equal(readJson('out', 'new', 'detections.json'), [
    { image_id: 11, category_id: 1, bbox: [1, 2, 3, 4], score: 0.9 },
    { image_id: 12, category_id: 1, bbox: [1, 2, 3, 4], score: 0.9 },
    { image_id: 12, category_id: 2, bbox: [1, 2, 3, 5], score: 0.8 },
  ]);
  assert.equal(readJson('out', 'new', 'images.json'), [
    { id: 10, file_name: 'a.jpg', width: 64, height: 48 },
    { id: 11, file_name: 'deep/er/b.jpg', width: 64, height: 48 },
    { id: 12, file_name: 'unwritable.jpg', width: 64, height: 48 },
  ]);
  assert.equal(failures, ['in/unwritable.jpg: disk full']);
  assert.equal(
    recordsIn('out', 'new', 'index.html').map(({ file, link, error }) => [file, link ?? error]),
    [
      ['a.jpg', './a.jpg'],
      ['deep/er/b.jpg', './deep/er/b.jpg'],
      ['unwritable.jpg', 'disk full'],
      ['c.jpg', './c.jpg'],
      ['in/late.jpg', 'empty'],
    ],
  );
  assert.is(readFileSync(join(root, 'out', 'new', 'c.jpg'), 'utf8'), '3');
  assert.equal(readdirSync(join(root, 'out', 'new')).sort(), [
    'a.jpg',
    'c.jpg',
    'deep',
    'detections.json',
    'images.json',
    'index.html',
  ]);
});

test('without pictures there are only the results, valid even of no image', async () => {
  const folder = await DetectionFolder.create(join(root, 'empty'), [], { onFailure: assert.unreachable });
  await folder.close();
  assert.equal(readJson('empty', 'detections.json'), []);
  assert.equal(readJson('empty', 'images.json'), []);
});

test('a thousand slow pictures are drawn a few at a time', async () => {
  let [running, most] = [0, 0];
  const pictures: PictureMaker<DetectedImage> = {
    ...fakePictures(),
    draw: async () => {
      most = Math.max(most, ++running);
      // The first is not done before another has begun.
      while (most < 2) await setTimeout(1);
      running--;
      return new Uint8Array(3);
    },
  };
  const planned = Array.from({ length: 1000 }, (_, i) => ({ file: `${i}.jpg`, name: `${i}.jpg`, id: i }));
  const folder = await DetectionFolder.create(join(root, 'many'), planned, withPictures([], pictures));
  for (const { file } of planned) await folder.add(found(file));
  await folder.close();
  assert.is(running, 0);
  assert.ok(most > 1 && most < 200, `${most} at once`);
  assert.is((readJson('many', 'detections.json') as unknown[]).length, 1000);
});

async function refusal(directory: string, file: string, name: string): Promise<string> {
  try {
    const folder = await DetectionFolder.create(directory, [{ file, name, id: 1 }], withPictures());
    await folder.close();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('pictures never take the place of an input', async () => {
  const photos = join(root, 'photos');
  mkdirSync(join(photos, 'sub'), { recursive: true });
  for (const name of ['a.jpg', 'sub/b.jpg']) writeFileSync(join(photos, name), 'precious');
  symlinkSync(photos, join(root, 'alias'));
  symlinkSync(join(photos, 'a.jpg'), join(root, 'link.jpg'));

  assert.match(await refusal(photos, join(photos, 'a.jpg'), 'a.jpg'), /would overwrite .*a\.jpg/);
  assert.match(await refusal(photos, join(photos, 'sub', 'b.jpg'), 'sub/b.jpg'), /would overwrite .*b\.jpg/);
  assert.match(await refusal(join(root, 'alias'), join(photos, 'a.jpg'), 'a.jpg'), /would overwrite/);
  assert.match(await refusal(photos, join(root, 'link.jpg'), 'a.jpg'), /would overwrite/);
  assert.match(await refusal(root, join(photos, 'sub', 'b.jpg'), 'alias/sub/b.jpg'), /would overwrite/);
  assert.is(readFileSync(join(photos, 'a.jpg'), 'utf8'), 'precious');
  assert.is(await refusal(join(photos, 'out'), join(photos, 'a.jpg'), 'a.jpg'), '');
});

test("pictures never take the place of the folder's own files", async () => {
  for (const name of ['index.html', 'detections.json', 'images.json']) {
    assert.match(await refusal(join(root, 'own'), join(root, name), name), new RegExp(name));
  }
});

test('a folder that cannot be made is named', async () => {
  writeFileSync(join(root, 'file'), '');
  assert.match(await refusal(join(root, 'file'), 'a.jpg', 'a.jpg'), /file: cannot be written: file already exists/);
  assert.match(
    await refusal(join(root, 'file', 'below'), 'a.jpg', 'a.jpg'),
    /below: cannot be written: not a directory/,
  );
});

const disk = smallDisk(256);
test.after(() => disk?.remove());

(disk ? test : test.skip)('on a full disk all that fits is kept, whole, and the rest is told', async () => {
  const failures: string[] = [];
  const planned = Array.from({ length: 60 }, (_, i) => ({ file: `${i}.jpg`, name: `${i}.jpg`, id: i }));
  const pictures: PictureMaker<DetectedImage> = {
    draw: async (_, target) => {
      await writeWholeFile(target, new Uint8Array(9000));
      return new Uint8Array(3000);
    },
  };
  const out = join(disk!.folder, 'out');
  const folder = await DetectionFolder.create(out, planned, withPictures(failures, pictures));
  for (const { file, id } of planned) {
    await folder.add(found(file, 20));
    // Whole at any moment.
    const ids = (name: string, key: string) =>
      new Set(JSON.parse(readFileSync(join(out, name), 'utf8')).map((one: Record<string, number>) => one[key]));
    assert.ok(ids('images.json', 'id').size <= id + 1);
    assert.ok(ids('detections.json', 'image_id').size <= id + 1);
  }
  await folder.close();
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));
  const listed = (read('images.json') as { id: number }[]).map(({ id }) => id);
  assert.ok(listed.length > 0 && listed.length < 60, `${listed.length} images`);
  assert.equal([...new Set((read('detections.json') as { image_id: number }[]).map((one) => one.image_id))], listed);
  assert.is((read('detections.json') as unknown[]).length, 20 * listed.length);
  assert.ok(
    failures.every((line) =>
      /cannot be written: no space left on device; free some space, or name a folder on another disk$/.test(line),
    ),
    failures.join('\n'),
  );
  assert.is(failures.filter((line) => line.includes('index.html: ')).length, 1);
  // Those whose results did not fit are named.
  for (const { file, id } of planned)
    if (!listed.includes(id)) assert.ok(failures.some((line) => line.startsWith(`${file}: `)));
  assert.equal(
    readdirSync(out).filter((name) => name.startsWith('.') || name.includes('partial')),
    [],
  );
});

test('a page that cannot be put in its place is told, and nothing else is lost', async () => {
  const failures: string[] = [];
  const planned = [{ file: 'a.jpg', name: 'a.jpg', id: 1 }];
  mkdirSync(join(root, 'taken', 'index.html'), { recursive: true });
  const folder = await DetectionFolder.create(join(root, 'taken'), planned, withPictures(failures));
  await folder.add(found('a.jpg'));
  await folder.close();
  assert.is((readJson('taken', 'detections.json') as unknown[]).length, 1);
  assert.is(failures.length, 1);
  assert.match(failures[0], /^taken\/index\.html: .*index\.html: cannot be written: /);
  assert.equal(readdirSync(join(root, 'taken')).sort(), ['a.jpg', 'detections.json', 'images.json', 'index.html']);
});

test('two never write to one folder; what a killed one left is removed', async () => {
  const out = join(root, 'shared');
  mkdirSync(out);
  writeFileSync(join(out, '.0123456789ab.partial'), '');
  const options = { onFailure: assert.unreachable };
  const folder = await DetectionFolder.create(out, [], options);
  await rejects(DetectionFolder.create(out, [], options), 'USAGE', /shared: process \d+ on .* writes there/);
  await folder.close();
  assert.equal(readdirSync(out).sort(), ['detections.json', 'images.json']);
});

test.run();
