import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchModel, fetchWeights, listModels } from '../../checkpoints/fetch-model.ts';
import { findModel, knownModels } from '../../checkpoints/known-models.ts';
import { ResnetCocoError } from '../../errors.ts';
import { FileServer } from '../io/download/file-server.ts';

const body = Buffer.from('weights, so to speak');
const hashPrefix = createHash('sha256').update(body).digest('hex').slice(0, 8);
const file = `tiny-${hashPrefix}.pth`;
const tinyAt = (origin: string) => ({ name: 'tiny', file, hashPrefix, url: `${origin}/models/${file}` });
const hasty = { stallMs: 600_000, retries: 0, backoffMs: 1, lockMs: 400 };

interface Context {
  server: FileServer;
  home: string;
}

const test = suite<Context>('fetch-model');
test.before.each(async (context) => {
  context.server = await FileServer.start(body);
  context.home = mkdtempSync(join(tmpdir(), 'home-'));
  process.env.RESNET_COCO_HOME = context.home;
  delete process.env.RESNET_COCO_MIRROR;
});
test.after.each(async ({ server, home }) => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const failure = async (work: Promise<unknown>): Promise<ResnetCocoError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ResnetCocoError);
  return error as ResnetCocoError;
};

test('fetched once, then from the cache folder', async ({ server, home }) => {
  const path = await fetchWeights(tinyAt(server.origin), {}, hasty);
  assert.is(path, join(home, file));
  assert.equal(readFileSync(path), body);
  assert.is(await fetchWeights(tinyAt(server.origin), {}, hasty), path);
  assert.is(server.requests.length, 1);
});

test('weights put there by hand are found without a connection', async ({ home }) => {
  const model = findModel('resnet50');
  assert.not((await listModels()).some(({ cached }) => cached));
  writeFileSync(join(home, model.file), 'by hand');
  assert.is(await fetchModel('ResNet50_Weights.IMAGENET1K_V2'), join(home, model.file));
  const cached = (await listModels()).filter((listing) => listing.cached);
  assert.equal(
    cached.map(({ name, path }) => [name, path]),
    [['resnet50-v2', join(home, model.file)]],
  );
});

test('the list has every model, without its thousand classes', async () => {
  const listings = await listModels();
  assert.equal(
    listings.map(({ name }) => name),
    knownModels.map(({ name }) => name),
  );
  assert.not(listings.some((listing) => 'config' in listing));
});

test('a failure names the model and the URL, and says what to do offline', async ({ server, home }) => {
  server.served.statuses = [404];
  const { code, message } = await failure(fetchWeights(tinyAt(server.origin), {}, hasty));
  assert.is(code, 'DOWNLOAD_FAILED');
  assert.ok(message.startsWith(`tiny: not fetched: ${server.origin}/models/${file}: HTTP 404`), message);
  assert.ok(message.includes(`put ${file} into ${home}`), message);
  assert.match(message, 'RESNET_COCO_MIRROR');
});

test('a mirror takes the place of all of the URL but the file name', async ({ server }) => {
  for (const [mirror, url] of [
    [`${server.origin}/a/b`, `/a/b/${file}`],
    [`${server.origin}/a/`, `/a/${file}`],
    [server.origin, `/${file}`],
  ]) {
    process.env.RESNET_COCO_MIRROR = mirror;
    rmSync(await fetchWeights(tinyAt('http://unreachable.invalid'), {}, hasty));
    assert.is(server.requests[server.requests.length - 1].url, url);
  }
});

test('a folder as a mirror', async ({ home, server }) => {
  const mirror = join(home, 'the mirror');
  mkdirSync(mirror);
  writeFileSync(join(mirror, file), body);
  process.env.RESNET_COCO_MIRROR = pathToFileURL(mirror).href;
  const path = await fetchWeights(tinyAt(server.origin), {}, hasty);
  assert.equal(readFileSync(path), body);
  assert.is(server.requests.length, 0);
});

test('a mirror that is no URL of a kind that can be read', async ({ home, server }) => {
  for (const mirror of ['ftp://mirror.example', 'mirror.example', 'not a url', home]) {
    process.env.RESNET_COCO_MIRROR = mirror;
    const { code, message } = await failure(fetchWeights(tinyAt(server.origin), {}, hasty));
    assert.is(code, 'DOWNLOAD_FAILED');
    assert.ok(message.includes(`RESNET_COCO_MIRROR is '${mirror}'`), message);
    if (mirror === home) assert.ok(message.includes(pathToFileURL(home).href), message);
  }
});

test('an unknown name', async () => {
  assert.is((await failure(fetchModel('resnet51'))).code, 'UNKNOWN_MODEL');
});

test.run();
