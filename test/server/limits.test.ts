import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, type ServerOptions } from '../../server/index.ts';
import { scannedJpeg } from '../datasets/images/scanned-jpeg.ts';
import { form, post, problemOf } from './ask.ts';
import { claimedPng, wavePicture, writeSmallDetector } from './small-models.ts';

const test = suite('limits');
const folder = mkdtempSync(join(tmpdir(), 'limits-'));
const detectorFile = join(folder, 'small.detector.safetensors');
let png: Buffer;
let jpeg: Buffer;

const start = async (options: Partial<ServerOptions> = {}) => {
  const made = await createServer({ models: ['cifar10-resnet20', detectorFile], threads: 1, ...options });
  return { made, at: await made.listen({ port: 0 }) };
};

test.before(async () => {
  await writeSmallDetector(detectorFile);
  [png, jpeg] = [await wavePicture(120, 90, 5, 'png'), await wavePicture(64, 48, 3, 'jpeg')];
});
test.after(() => rmSync(folder, { recursive: true }));

test('limits on bytes, pictures and pixels, the last before anything is decoded', async () => {
  const { at, made } = await start({
    models: ['cifar10-resnet20'],
    maxBytes: 40_000,
    maxFiles: 2,
    maxPixels: 10_000,
  });
  const files = { 'a.jpg': jpeg, 'b.jpg': jpeg, 'c.jpg': jpeg };
  assert.match(problemOf(await post(`${at}/v1/classify`, form(files))), /^413 TOO_LARGE: a request may have 2 images/);
  const large = Buffer.alloc(50_000);
  assert.match(problemOf(await post(`${at}/v1/classify`, form({ a: large }))), /^413 TOO_LARGE/);
  assert.match(problemOf(await post(`${at}/v1/classify`, large, { 'content-type': 'image/png' })), /^413 TOO_LARGE/);
  const bomb = await post(`${at}/v1/classify`, form({ 'bomb.png': claimedPng(20_000, 20_000) }));
  assert.match(problemOf(bomb), /^413 TOO_LARGE: bomb\.png: 20000×20000 pixels are more than the 10000/);
  const mixed = await post(`${at}/v1/classify`, form({ 'bomb.png': claimedPng(101, 100), 'b.jpg': jpeg }));
  assert.is(mixed.status, 200);
  assert.match(mixed.json[0].error, /101×100 pixels/);
  assert.ok(mixed.json[1].predictions);
  await made.close();
});

test('pictures of a request that come to too many pixels together are refused, those before them answered', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'], maxPixels: 64 * 48 });
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i}.jpg`, jpeg]));
  const { json, status } = await post(`${at}/v1/classify`, form(files));
  assert.is(status, 200);
  assert.equal(
    json.map(({ error }: { error?: string }) => error?.replace(/: with.*; /, ': ')),
    [...Array(4).fill(undefined), '4.jpg: send it in another', '5.jpg: send it in another'],
  );
  await made.close();
});

test('sixteen pictures of many scans are refused, and others answered meanwhile', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'] });
  const many = scannedJpeg(7071, 7071, 62);
  const files = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`${i}.jpg`, many]));
  const hostile = post(`${at}/v1/classify`, form(files));
  assert.is((await post(`${at}/v1/classify`, form({ 'a.jpg': jpeg }))).status, 200);
  assert.match(
    problemOf(await hostile),
    /^413 TOO_LARGE: 15\.jpg: 62 scans of 7071×7071 pixels .* over the limit of 600000000/,
  );
  const few = await post(`${at}/v1/classify`, form({ 'b.jpg': scannedJpeg(500, 400, 62) }));
  assert.is(few.status, 200);
  await made.close();
});

test('what a request that is over has begun is not decoded to its end', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'], maxPixels: 170_000_000 });
  const slow = scannedJpeg(13_000, 13_000, 12);
  const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}.jpg`, slow]));
  const gone = new AbortController();
  const asked = fetch(`${at}/v1/classify`, { method: 'POST', body: form(files), signal: gone.signal });
  while (made.models[0].queue.queued === 0) await sleep(1);
  gone.abort();
  await asked.catch(() => {});
  while (made.models[0].queue.queued > 0) await sleep(1);
  // All eight would take a minute, twice what an answer may take.
  assert.is((await post(`${at}/v1/classify`, form({ 'a.jpg': jpeg }))).status, 200);
  await made.close();
});

test('a token, in the header alone', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'], token: 'correct horse' });
  const ask = (headers: Record<string, string>) => post(`${at}/v1/classify`, form({ 'b.jpg': jpeg }), headers);
  for (const headers of [{}, { authorization: 'Bearer correct hors' }, { authorization: 'Basic correct horse' }]) {
    const reply = await ask(headers as Record<string, string>);
    assert.match(problemOf(reply), /^401 UNAUTHORIZED/);
    assert.is(reply.headers.get('www-authenticate'), 'Bearer');
  }
  assert.is((await ask({ authorization: 'Bearer correct horse' })).status, 200);
  assert.is((await fetch(`${at}/metrics`)).status, 401);
  assert.is((await fetch(`${at}/healthz`)).status, 200);
  await made.close();
});

test('a full queue answers 503 with Retry-After; what takes too long, 504', async () => {
  const { at, made } = await start({ models: [detectorFile], queue: 1, batch: 1 });
  const replies = await Promise.all(Array.from({ length: 30 }, () => post(`${at}/v1/detect`, form({ 'a.png': png }))));
  const refused = replies.filter(({ status }) => status === 503);
  assert.ok(refused.length > 0 && refused.length < 30, `${refused.length} refused`);
  for (const reply of refused) {
    assert.match(problemOf(reply), /^503 TOO_BUSY/);
    assert.is(reply.headers.get('retry-after'), '1');
  }
  assert.ok(replies.every(({ status }) => status === 200 || status === 503));
  await made.close();
  const slow = await start({ models: [detectorFile], timeoutSeconds: 0.005 });
  assert.match(problemOf(await post(`${slow.at}/v1/detect`, form({ 'a.png': png }))), /^504 TIMEOUT/);
  await slow.made.close();
});

test('a form whose part has no Content-Disposition is answered, and the service closes', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'], timeoutSeconds: 1 });
  const body = '--b\r\nContent-Type: image/png\r\n\r\nno name\r\n--b--\r\n';
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  const reply = await fetch(`${at}/v1/classify`, { method: 'POST', headers, body });
  assert.ok([400, 408, 504].includes(reply.status), `${reply.status}`);
  await made.close();
});

test('what a caller that has gone asked for is not computed', async () => {
  const { at, made } = await start({ batch: 1 });
  const before = () => made.models[1].queue.queued;
  const controllers = Array.from({ length: 12 }, () => new AbortController());
  const asked = controllers.map(({ signal }) =>
    fetch(`${at}/v1/detect`, { method: 'POST', body: form({ 'a.png': png }), signal }).catch(() => {}),
  );
  while (before() < 5) await sleep(1);
  for (const controller of controllers) controller.abort();
  await Promise.all(asked);
  for (let i = 0; before() > 0 && i < 200; i++) await sleep(5);
  assert.is(before(), 0);
  const metrics = await (await fetch(`${at}/metrics`)).text();
  assert.ok(Number(/pictures_total\{model="small.detector",result="dropped"\} (\d+)/.exec(metrics)?.[1]) >= 5);
  await made.close();
});

test('when it ends, what was accepted is answered', async () => {
  const { at, made } = await start({ batch: 1 });
  const asked = Array.from({ length: 8 }, () => post(`${at}/v1/detect`, form({ 'a.png': png })));
  while (made.models[1].queue.queued < 4) await sleep(1);
  await made.close();
  for (const { status } of await Promise.all(asked)) assert.is(status, 200);
  assert.is(
    await fetch(`${at}/healthz`).then(
      ({ status }) => status,
      () => 'refused',
    ),
    'refused',
  );
});

test('half a request, and one that is no HTTP, harm nobody', async () => {
  const { at, made } = await start({ models: ['cifar10-resnet20'] });
  const { port } = made.app.server.address() as AddressInfo;
  for (const text of [
    'POST /v1/classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\nabc',
    'NONSENSE\r\n\r\n',
    `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write(text);
    await sleep(50);
    if (!text.startsWith('POST')) assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    socket.destroy();
  }
  assert.is((await post(`${at}/v1/classify`, form({ 'b.jpg': jpeg }))).status, 200);
  await made.close();
});

test.run();
