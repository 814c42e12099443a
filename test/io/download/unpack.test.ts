import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../../errors.ts';
import { unpackFolder } from '../../../io/download/unpack.ts';
import { zip } from '../../checkpoints/hostile-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'unpack-'));
test.after(() => rmSync(folder, { recursive: true }));

const large = Buffer.alloc(300_000, 'content ');
const contents = { 'top/a.txt': Buffer.from('a'), 'top/deep/er/b.bin': large, 'top/empty': Buffer.alloc(0) };

const packed = async (files: Readonly<Record<string, Buffer>>): Promise<Buffer> =>
  Buffer.from(
    await packTar(
      Object.entries(files).map(([name, body]) => ({
        header: { name, size: body.length, type: 'file' as const },
        body,
      })),
    ),
  );
const tar = async (files: Readonly<Record<string, Buffer>>): Promise<Buffer> => gzipSync(await packed(files));

let count = 0;
/** Unpacks an archive made of these bytes into a new folder. */
async function unpack(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
  const home = join(folder, String(count++));
  mkdirSync(home);
  writeFileSync(join(home, name), bytes);
  await unpackFolder(join(home, name), 'top', join(home, 'target'), { signal });
  return join(home, 'target');
}

const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();

async function refused(name: string, bytes: Uint8Array, message: RegExp): Promise<void> {
  const error = await unpack(name, bytes).catch((thrown: unknown) => thrown);
  assert.instance(error, ResnetCocoError);
  assert.is((error as ResnetCocoError).code, 'BAD_DATASET');
  assert.match((error as ResnetCocoError).message, message);
  const home = join(folder, String(count - 1));
  assert.equal(readdirSync(home), [name], 'nothing is left behind');
  assert.not(existsSync(join(folder, 'out.txt')));
}

test('one folder of an archive comes whole, the rest is left out', async () => {
  const files = { 'README.md': Buffer.from('read me'), ...contents, 'top2/c.txt': Buffer.from('c') };
  const archives: [string, Buffer][] = [
    ['a.tar.gz', await tar(files)],
    ['a.tgz', await tar(files)],
    ['a.zip', zip(files)],
    ['b.zip', zip(files, true)],
  ];
  for (const [name, bytes] of archives) {
    const target = await unpack(name, bytes);
    assert.equal(filesBelow(target), ['a.txt', 'b.bin', 'empty'], name);
    assert.equal(readFileSync(join(target, 'deep', 'er', 'b.bin')), large);
    assert.equal(readdirSync(join(target, '..')), [name, 'target']);
  }
});

test('folders that have entries of their own', async () => {
  const bytes = gzipSync(
    await packTar([
      { header: { name: 'top/', size: 0, type: 'directory' } },
      { header: { name: './top/sub/', size: 0, type: 'directory' } },
      { header: { name: './top/sub/a.txt', size: 1, type: 'file' }, body: 'a' },
    ]),
  );
  assert.equal(filesBelow(await unpack('a.tgz', bytes)), ['a.txt']);
});

test('names that lead out of the folder', async () => {
  for (const name of ['../out.txt', 'top/../../out.txt', '/out.txt', 'top/a\\..\\..\\out.txt', 'C:/out.txt']) {
    const files = { 'top/a.txt': Buffer.from('a'), [name]: Buffer.from('x') };
    await refused('a.tgz', await tar(files), /out\.txt' in it would leave the folder/);
    await refused('a.zip', zip(files), /out\.txt/);
  }
});

test('links', async () => {
  for (const type of ['symlink', 'link'] as const) {
    const link = { header: { name: 'top/l', size: 0, type, linkname: '/etc/passwd' } };
    await refused('a.tgz', gzipSync(await packTar([link])), /'top\/l' is a link/);
  }
  const bytes = zip({ 'top/l': Buffer.from('/etc/passwd') });
  bytes.writeUInt32LE((0o120777 << 16) >>> 0, bytes.indexOf('PK\x01\x02') + 38);
  await refused('a.zip', bytes, /'top\/l' is a link/);
});

test('damaged archives, and such without the folder', async () => {
  const bytes = await tar(contents);
  await refused('a.tgz', bytes.subarray(0, bytes.length - 50), /a\.tgz: cannot be unpacked: /);
  await refused('a.tgz', Buffer.from('no archive'), /a\.tgz: cannot be unpacked: /);
  await refused('a.tgz', gzipSync(Buffer.alloc(2048, 'x')), /a\.tgz: cannot be unpacked: /);
  const zipped = zip(contents, true);
  await refused('a.zip', zipped.subarray(0, zipped.length - 30), /a\.zip: cannot be unpacked: /);
  zipped.fill(0xff, 60, 90);
  await refused('a.zip', zipped, /a\.zip: cannot be unpacked: /);
  await refused('a.tgz', await tar({ 'other/a': Buffer.from('a') }), /no files in a folder 'top'/);
});

test('an archive that ends early, wherever it does', async () => {
  const small = { 'top/a.txt': Buffer.from('a'), 'top/b.txt': randomBytes(300), 'other/c': Buffer.from('c') };
  const plain = await packed(small);
  const archives: [string, Buffer, (bytes: Buffer) => Buffer][] = [
    ['a.tgz', gzipSync(plain), (bytes) => bytes],
    ['a.zip', zip(small, true), (bytes) => bytes],
    ['b.zip', zip(small), (bytes) => bytes],
    // The compressed part is whole, the archive within it is not.
    ['b.tar.gz', plain.subarray(0, plain.length - 512), (bytes) => gzipSync(bytes)],
  ];
  for (const [name, bytes, wrap] of archives) {
    const step = name === 'b.tar.gz' ? 64 : 1;
    for (let end = 0; end < bytes.length; end += step) {
      await refused(name, wrap(bytes.subarray(0, end)), new RegExp(`${name}: `));
      rmSync(join(folder, String(count - 1)), { recursive: true });
    }
  }
});

test('an archive that swells', async () => {
  const swelling = { 'top/a': Buffer.alloc(80_000_000) };
  await refused('a.tgz', await tar(swelling), /its \d+ bytes unpack to more than \d+; it is made to fill the disk/);
  await refused('a.zip', zip(swelling, true), /its \d+ bytes unpack to more than \d+/);
  await refused('b.tgz', await tar({ 'other/a': swelling['top/a'] }), /unpack to more than/);
});

test('names that no file can have, and such that are taken', async () => {
  const entries = (...names: string[]) =>
    packTar(names.map((name) => ({ header: { name, size: 1, type: 'file' as const }, body: 'a' })));
  await refused('a.tgz', gzipSync(await entries('top/a', 'top/a')), /'a' is in it twice/);
  await refused('a.tgz', gzipSync(await entries('top/a', 'top/a/b')), /'b' is (in it twice|no name)/);
  await refused('a.tgz', gzipSync(await entries(`top/${'n'.repeat(300)}`)), /'n{100}' is no name that a file/);
  await refused('a.zip', zip({ [`top/${'n'.repeat(300)}`]: Buffer.from('a') }), /'n{100}' is no name that a file/);
});

test('an archive that is not there, or no file', async () => {
  for (const name of ['absent.tgz', 'absent.zip']) {
    const error = await unpackFolder(join(folder, name), 'top', join(folder, 't')).catch((thrown: unknown) => thrown);
    assert.is((error as ResnetCocoError).code, 'FILE_NOT_FOUND');
  }
});

test('a target that is there stays as it is', async () => {
  const target = await unpack('a.zip', zip(contents));
  writeFileSync(join(target, 'mine.txt'), 'mine');
  await unpackFolder(join(target, '..', 'a.zip'), 'top', target);
  assert.is(readFileSync(join(target, 'mine.txt'), 'utf8'), 'mine');
});

test('abort: rejects with the reason, leaves nothing', async () => {
  const reason = new Error('enough');
  for (const [name, bytes] of [
    ['a.tgz', await tar(contents)],
    ['a.zip', zip(contents)],
  ] as const) {
    assert.is(await unpack(name, bytes, AbortSignal.abort(reason)).catch((error: unknown) => error), reason);
    assert.equal(readdirSync(join(folder, String(count - 1))), [name]);
  }
});

test.run();
