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
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../../errors.ts';
import { type DownloadProgress, download, type FetchOptions } from '../../../io/download/download.ts';
import type { FileDigest } from '../../../io/download/file-digest.ts';
import type { Patience } from '../../../io/download/patience.ts';
import { FileServer } from './file-server.ts';

const body = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5));
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const hash = hashOf(body).slice(0, 8);
const digest: FileDigest = { algorithm: 'sha256', hex: hash };
/** No connection stalls but where a test has it so: what a busy machine takes its time for is no stall. */
const hasty: Patience = { stallMs: 600_000, retries: 2, backoffMs: 1, lockMs: 400 };

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

interface Context {
  server: FileServer;
  target: string;
}

const test = suite<Context>('download');
test.before.each(async (context) => {
  context.server = await FileServer.start(body);
  context.target = join(mkdtempSync(join(tmpdir(), 'download-')), 'cache', 'file.bin');
  context.server.served.hasArrived = (bytes) => sizeOf(`${context.target}.part`) >= bytes;
});
test.after.each(async ({ server, target }) => {
  await server.stop();
  rmSync(dirname(dirname(target)), { recursive: true, force: true });
});

const get = ({ server, target }: Context, options: FetchOptions = {}, patience: Patience = hasty): Promise<void> =>
  download(new URL(`${server.origin}/file.bin`), target, digest, options, patience);

/** Only the file itself is there, and it is right. */
function assertWhole({ target }: Context): void {
  assert.equal(readdirSync(dirname(target)), ['file.bin']);
  assert.is(hashOf(readFileSync(target)), hashOf(body));
}

async function assertFails(work: Promise<unknown>, message: RegExp, code = 'DOWNLOAD_FAILED'): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ResnetCocoError);
  assert.is((error as ResnetCocoError).code, code);
  assert.match((error as ResnetCocoError).message, message);
}

const leavePart = ({ target }: Context, part: Buffer, etag: string): void => {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.part`, part);
  writeFileSync(`${target}.part.etag`, etag);
};

test('comes whole, and tells its progress', async (context) => {
  const seen: DownloadProgress[] = [];
  await get(context, { onProgress: (progress) => seen.push(progress) });
  assertWhole(context);
  assert.equal(context.server.ranges, [undefined]);
  const last = seen[seen.length - 1];
  assert.is(last.received, body.length);
  assert.is(last.url, `${context.server.origin}/file.bin`);
  for (const { total, bytesPerSecond } of seen) assert.ok(total === body.length && bytesPerSecond > 0);
  assert.ok(seen.every(({ received }, i) => i === 0 || received > seen[i - 1].received));
});

test('a connection that is cut is continued where it ended, as often as something new comes', async (context) => {
  context.server.served.cuts = [50_000, 20_000, 30_000, 10_000, 40_000];
  await get(context);
  assertWhole(context);
  const offsets = [undefined, 50_000, 70_000, 100_000, 110_000, 150_000];
  assert.equal(
    context.server.ranges,
    offsets.map((at) => at && `bytes=${at}-`),
  );
});

test('gives up when nothing new comes', async (context) => {
  context.server.served.cuts = [50_000, 0, 0, 0];
  await assertFails(get(context), /127\.0\.0\.1.*file\.bin: /);
  assert.is(context.server.requests.length, 3);
  assert.is(readFileSync(`${context.target}.part`).length, 50_000);
  assert.not(existsSync(context.target));
});

test('an earlier download is continued, and its progress counts what was there', async (context) => {
  leavePart(context, body.subarray(0, 123_456), '"1"');
  const seen: number[] = [];
  await get(context, { onProgress: ({ received }) => seen.push(received) });
  assertWhole(context);
  assert.equal(context.server.ranges, ['bytes=123456-']);
  assert.ok(seen[0] > 123_456);
});

test('an earlier download that was whole but for its name', async (context) => {
  leavePart(context, body, '"1"');
  await get(context);
  assertWhole(context);
});

test('an earlier download that is longer than the file', async (context) => {
  leavePart(context, Buffer.concat([body, body]), '"1"');
  await get(context);
  assertWhole(context);
});

test('an earlier download that is damaged is started again', async (context) => {
  leavePart(context, Buffer.alloc(1000), '"1"');
  await get(context);
  assertWhole(context);
  assert.equal(context.server.ranges, ['bytes=1000-', undefined]);
});

test('a server without ranges starts again', async (context) => {
  Object.assign(context.server.served, { ranges: false, cuts: [50_000, 60_000] });
  await get(context);
  assertWhole(context);
});

test('a server without ranges that always breaks off is given up', async (context) => {
  Object.assign(context.server.served, { ranges: false, cuts: Array(20).fill(50_000) });
  await assertFails(get(context), /file\.bin/);
  assert.is(context.server.requests.length, 3);
});

test('a changed ETag starts again', async (context) => {
  leavePart(context, Buffer.alloc(1000, 7), '"of another file"');
  await get(context);
  assertWhole(context);
  assert.is(context.server.requests.length, 1);
});

test('a changed ETag that the server does not mind', async (context) => {
  context.server.served.ignoresIfRange = true;
  leavePart(context, Buffer.alloc(1000, 7), '"of another file"');
  await get(context);
  assertWhole(context);
});

test('without a strong ETag or a date nothing is continued', async (context) => {
  context.server.served.etag = 'W/"1"';
  context.server.served.cuts = [50_000];
  await get(context);
  assertWhole(context);
  assert.equal(context.server.ranges, [undefined, undefined]);
});

test('a wrong hash deletes what came and says so', async (context) => {
  context.server.served.body = Buffer.from('<html>Please log in</html>');
  await assertFails(get(context), new RegExp(`SHA-256 begins with [0-9a-f]{8}, not ${hash}; what came was deleted`));
  assert.equal(readdirSync(dirname(context.target)), []);
  assert.is(context.server.requests.length, 1);
});

test('the digest is of the kind that the publisher tells', async (context) => {
  const md5 = createHash('md5').update(body).digest('hex');
  const fetchAs = (digest: FileDigest) =>
    download(new URL(`${context.server.origin}/file.bin`), context.target, digest, {}, hasty);
  await assertFails(
    fetchAs({ algorithm: 'md5', hex: `0${md5.slice(1)}x` }),
    /its MD5 begins with .*; what came was deleted/,
  );
  await fetchAs({ algorithm: 'md5', hex: md5 });
  assertWhole(context);
  rmSync(context.target);
  await fetchAs({ algorithm: 'sha512', hex: createHash('sha512').update(body).digest('hex') });
  assertWhole(context);
});

test('a file that is there is taken if it is the published one, else fetched again', async (context) => {
  mkdirSync(dirname(context.target), { recursive: true });
  writeFileSync(context.target, body);
  await get(context);
  assert.is(context.server.requests.length, 0);
  writeFileSync(context.target, body.subarray(0, 1000));
  await get(context);
  assertWhole(context);
});

test('404 fails at once, 503 is tried again', async (context) => {
  context.server.served.statuses = [404];
  await assertFails(get(context), /HTTP 404 Not Found/);
  assert.is(context.server.requests.length, 1);
  context.server.served.statuses = [503, 429];
  await get(context);
  assertWhole(context);
  assert.is(context.server.requests.length, 4);
});

test('a server that is always busy is given up', async (context) => {
  context.server.served.statuses = [503, 503, 503, 503];
  await assertFails(get(context), /HTTP 503/);
  assert.is(context.server.requests.length, 3);
});

test('a redirect is followed', async (context) => {
  context.server.served.statuses = [302];
  await get(context);
  assertWhole(context);
  assert.equal(
    context.server.requests.map(({ url }) => url),
    ['/file.bin', '/elsewhere/file.bin'],
  );
});

test('a connection that stalls is timed out, and continued', async (context) => {
  Object.assign(context.server.served, { stallAfter: 100_000 });
  // On a busy machine a connection may be timed out before all of its data has come; more attempts make up for it.
  await get(context, {}, { ...hasty, stallMs: 300, retries: 1000 });
  assertWhole(context);
  const starts = context.server.ranges.map((range) => Number(range?.slice('bytes='.length, -1) ?? 0));
  assert.is(starts[0], 0);
  assert.ok(starts.length >= 3);
  for (const [i, start] of starts.entries()) assert.ok(i === 0 || (start >= starts[i - 1] && start <= i * 100_000));
});

test('a server that never sends anything is given up', async (context) => {
  context.server.served.stallAfter = 0;
  await assertFails(get(context, {}, { ...hasty, stallMs: 300 }), /no data for 0\.3 s/);
  assert.ok(context.server.requests.length <= 3);
});

test('nobody there', async (context) => {
  await context.server.stop();
  await assertFails(
    download(new URL('http://127.0.0.1:9/file.bin'), context.target, digest, {}, hasty),
    /file\.bin: .+/,
  );
});

test('abort: rejects with the reason, and what came is continued next time', async (context) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  Object.assign(context.server.served, { stallAfter: 100_000 });
  const aborted = get(context, { signal: controller.signal, onProgress: () => controller.abort(reason) });
  assert.is(await aborted.catch((error: unknown) => error), reason);
  const came = readFileSync(`${context.target}.part`).length;
  assert.ok(came > 0);
  assert.not(existsSync(`${context.target}.lock`));
  delete context.server.served.stallAfter;
  await get(context);
  assertWhole(context);
  assert.is(context.server.ranges[1], `bytes=${came}-`);
});

test('aborted before it begins: nothing is asked', async (context) => {
  const error = await get(context, { signal: AbortSignal.abort() }).catch((thrown: unknown) => thrown);
  assert.is((error as Error).name, 'AbortError');
  assert.is(context.server.requests.length, 0);
});

test("an error of the caller's onProgress is the caller's", async (context) => {
  const bug = new TypeError('bug');
  const failed = get(context, {
    onProgress: () => {
      throw bug;
    },
  });
  assert.is(await failed.catch((error: unknown) => error), bug);
  assert.is(context.server.requests.length, 1);
});

test('several at once: one downloads, the others wait for it', async (context) => {
  await Promise.all(Array.from({ length: 5 }, () => get(context)));
  assertWhole(context);
  assert.is(context.server.requests.length, 1);
});

test('one that waits goes on where an aborted one ended', async (context) => {
  const controller = new AbortController();
  context.server.served.stallAfter = 100_000;
  const first = get(context, { signal: controller.signal, onProgress: () => controller.abort() });
  const second = get(context);
  await first.catch(() => {});
  delete context.server.served.stallAfter;
  await second;
  assertWhole(context);
});

test('abort while waiting for another', async (context) => {
  mkdirSync(dirname(context.target), { recursive: true });
  writeFileSync(`${context.target}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), id: '' }));
  const error = await get(context, { signal: AbortSignal.timeout(50) }).catch((thrown: unknown) => thrown);
  assert.is((error as Error).name, 'TimeoutError');
  assert.ok(existsSync(`${context.target}.lock`));
});

for (const [owner, lock] of Object.entries({
  'a process that has ended': JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: '' }),
  'another machine that shows no life': JSON.stringify({ pid: 1, host: 'elsewhere', id: '' }),
  'nobody known': '',
})) {
  test(`a lock left by ${owner} is taken over`, async (context) => {
    mkdirSync(dirname(context.target), { recursive: true });
    writeFileSync(`${context.target}.lock`, lock);
    await get(context);
    assertWhole(context);
  });
}

test('from a file: URL', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror #1 '));
  writeFileSync(join(folder, 'file.bin'), body);
  const from = (name: string) => download(pathToFileURL(join(folder, name)), context.target, digest, {}, hasty);
  await assertFails(from('absent.bin'), /absent\.bin: ENOENT/);
  await from('file.bin');
  assertWhole(context);
  rmSync(folder, { recursive: true });
});

test('a folder that cannot be made', async (context) => {
  mkdirSync(dirname(dirname(context.target)), { recursive: true });
  writeFileSync(dirname(context.target), 'a file');
  await assertFails(get(context), /RESNET_COCO_HOME can name another folder/, 'FILE_NOT_WRITABLE');
});

test('a user and password in the URL are sent, and not shown', async (context) => {
  const url = new URL(`${context.server.origin}/file.bin`);
  [url.username, url.password] = ['me', 'p@ss'];
  context.server.served.statuses = [403];
  const failed = download(url, context.target, digest, {}, hasty);
  await assertFails(failed, /^http:\/\/127\.0\.0\.1:\d+\/file\.bin: HTTP 403/);
  assert.is(context.server.requests[0].headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
});

test.run();
