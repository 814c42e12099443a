import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openClassificationDataset, readDetectionDataset, readImage, readImageSize } from '../../datasets/index.ts';
import { modelInfo } from '../../detection/model-info.ts';
import { readAnnotatedSet } from '../../detection/results/image-ids.ts';
import { ResnetCocoError } from '../../errors.ts';
import { COCO } from '../../eval/index.ts';
import { readJsonFile } from '../../io/json/large-json.ts';
import { readSettingsFile } from '../../io/json/settings-file.ts';
import { filePath, isFile, isFolder, openFile, readBytes, readBytesSync, statsOf } from '../../io/regular-file.ts';
import { readLog } from '../../training/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'regular-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

writeFileSync(at('file'), 'content');
mkdirSync(at('folder'));
symlinkSync('loop', at('loop'));
const hasPipes = process.platform !== 'win32';
if (hasPipes) execFileSync('mkfifo', [at('pipe')]);

/** Paths of what is no file, and what the error says of each. */
const others: [path: string, reason: RegExp][] = [
  [at('absent'), /absent: no such file/],
  [at('file/below'), /file\/below: no such file/],
  [at('folder'), /folder: .*folder/],
  [at('loop'), /loop: cannot be read: a link that leads back to itself/],
  [at('n'.repeat(300)), /nnn: cannot be read: its name is too long/],
  [at('a\0b'), /a\\0b: cannot be read: its name has a NUL character/],
  ...(hasPipes
    ? ([
        [at('pipe'), /pipe: is a device or pipe, not a regular file/],
        ['/dev/zero', /zero: is a device or pipe, not a regular file/],
        ['/dev/full', /full: is a device or pipe, not a regular file/],
      ] satisfies [string, RegExp][])
    : []),
];

/** Everything that opens a file which a user names. */
const readers: Record<string, (path: string) => unknown> = {
  openFile,
  readBytes: (path) => readBytes(path, { code: 'BAD_DATASET' }),
  readBytesSync: (path) => readBytesSync(path, { code: 'BAD_DATASET' }),
  readImage,
  readImageSize,
  readJsonFile: (path) => readJsonFile(path),
  'COCO.load': (path) => COCO.load(path),
  loadRes: async (path) => new COCO({ images: [{ id: 1, width: 1, height: 1 }] } as never).loadRes(path),
  modelInfo,
  readAnnotatedSet,
  readSettingsFile,
  readLog,
};

for (const [name, read] of Object.entries(readers)) {
  test(`${name} refuses what is no file, with the reason`, async () => {
    for (const [path, reason] of others) {
      const error = await (async () => read(path))().catch((thrown: unknown) => thrown);
      assert.instance(error, ResnetCocoError, `${path}: ${error}`);
      assert.is((error as ResnetCocoError).code, 'FILE_NOT_FOUND', `${error}`);
      assert.match((error as ResnetCocoError).message, reason);
    }
  });
}

test('data sets that are no file and no folder', async () => {
  for (const [path, reason] of others.filter(([path]) => path !== at('folder'))) {
    for (const annotations of [path, `${path}.yaml`]) {
      const error = await readDetectionDataset({ annotations }).catch((thrown: unknown) => thrown);
      assert.instance(error, ResnetCocoError, annotations);
      assert.is((error as ResnetCocoError).code, 'FILE_NOT_FOUND');
      if (annotations === path) assert.match((error as ResnetCocoError).message, reason);
    }
    for (const kind of ['imagefolder', 'cifar10', 'cifar100']) {
      const error = await openClassificationDataset(`${kind}:${path}`).catch((thrown: unknown) => thrown);
      assert.instance(error, ResnetCocoError, `${kind}:${path}`);
      assert.is((error as ResnetCocoError).code, 'FILE_NOT_FOUND');
    }
  }
});

test('what is there', async () => {
  assert.is((await readBytes(at('file'), { code: 'BAD_DATASET' })).toString(), 'content');
  assert.is(readBytesSync(at('file'), { code: 'BAD_DATASET' }).toString(), 'content');
  assert.ok(isFile(at('file')) && !isFolder(at('file')) && isFolder(at('folder')) && !isFile(at('folder')));
  for (const [path] of others) {
    assert.not(isFile(path));
    if (!/folder|pipe|dev/.test(path)) assert.is(statsOf(path), undefined);
  }
});

(process.getuid?.() === 0 ? test.skip : test)('a file that nobody may read', () => {
  writeFileSync(at('closed'), '');
  chmodSync(at('closed'), 0);
  assert.throws(() => openFile(at('closed')), /closed: cannot be read: permission denied/);
});

test('a file that is larger than its kind is refused before it is read', async () => {
  writeFileSync(at('sparse'), '');
  truncateSync(at('sparse'), 2 ** 40);
  for (const read of [readBytes, readBytesSync]) {
    const error = await (async () => read(at('sparse'), { code: 'BAD_IMAGE' }))().catch((thrown: unknown) => thrown);
    assert.is((error as ResnetCocoError).code, 'BAD_IMAGE');
    assert.match((error as ResnetCocoError).message, /sparse: 1099511627776 bytes are too many .* at most 1073741824/);
  }
  await readBytes(at('file'), { code: 'BAD_IMAGE', maxBytes: 7 });
  const error = await readBytes(at('file'), { code: 'BAD_IMAGE', maxBytes: 6 }).catch((thrown: unknown) => thrown);
  assert.is((error as ResnetCocoError).code, 'BAD_IMAGE');
});

test('file: URLs, and such that name no local file', () => {
  assert.is(filePath(pathToFileURL(at('file'))), at('file'));
  assert.is(filePath(pathToFileURL(at('file')).href), at('file'));
  assert.is(filePath('file'), 'file');
  for (const url of ['file://host/a', 'file:///a%2Fb']) {
    assert.throws(() => filePath(url), /not the URL of a local file/);
    assert.throws(() => readJsonFile(url), /not the URL of a local file/);
  }
});

test('an absurdly long path is not repeated whole', () => {
  assert.throws(
    () => openFile('x'.repeat(100_000)),
    (error: Error) => error.message.length < 600,
  );
});

test.run();
