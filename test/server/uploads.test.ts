import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson } from '../../server/body.ts';
import { createServer, type Server, type ServerOptions } from '../../server/index.ts';
import { receive } from '../../server/pictures.ts';
import { Problem } from '../../server/problem.ts';
import { form, post, problemOf } from './ask.ts';
import { wavePicture } from './small-models.ts';

const test = suite('uploads');
const lines: string[] = [];
const log = { write: (line: string) => lines.push(line) };

const start = async (options: Partial<ServerOptions> = {}): Promise<{ server: Server; at: string }> => {
  const server = await createServer({ models: ['cifar10-resnet20'], threads: 1, ...options }, log);
  return { server, at: await server.listen({ port: 0 }) };
};

/** A connection on which a body of so many bytes has begun. */
async function beginBody(server: Server, bytes: number): Promise<Socket> {
  const { port } = server.app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  lines.length = 0;
  const head = 'POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\n';
  socket.write(`${head}content-length: ${bytes}\r\n\r\nabc`);
  while (!lines.some((line) => line.includes('incoming request'))) await sleep(1);
  await sleep(20);
  return socket;
}
const answerOf = async (socket: Socket): Promise<string> => {
  let answer = '';
  for await (const data of socket) {
    answer += data;
    if (answer.includes('}}')) break;
  }
  return answer;
};

test('bodies in flight are bounded in bytes; some are left for small ones, and they come back', async () => {
  const { at, server } = await start({ queueBytes: 4_000_000, maxBytes: 2_000_000 });
  const picture = await wavePicture(64, 48, 3, 'png');
  const large = Buffer.alloc(1_500_000);
  const send = (body: Buffer) => post(`${at}/v1/classify`, body, { 'content-type': 'image/png' });
  const two = [await beginBody(server, 1_500_000), await beginBody(server, 1_500_000)];
  const refused = await send(large);
  assert.match(problemOf(refused), /^503 TOO_BUSY/);
  assert.is(refused.headers.get('retry-after'), '1');
  assert.is((await send(picture)).status, 200);
  for (const socket of two) socket.destroy();
  // What is no picture is only found out where it is read.
  while ((await send(large)).status === 503) await sleep(5);
  assert.is((await send(large)).status, 422);
  await server.close();
});

test('bodies on their way are bounded in number; one that does not come gives way', async () => {
  const { at, server } = await start({ queue: 2 });
  const waiting = [await beginBody(server, 5000), await beginBody(server, 5000)];
  const picture = await wavePicture(64, 48, 3, 'png');
  // Until a second has passed, who was first stays.
  let status = 503;
  while (status === 503) {
    status = (await post(`${at}/v1/classify`, form({ 'a.png': picture }))).status;
    await sleep(50);
  }
  assert.is(status, 200);
  const answers = await Promise.race(waiting.map(answerOf));
  assert.match(answers, /^HTTP\/1\.1 503 .*too slowly/s);
  for (const socket of waiting) socket.destroy();
  await server.close();
});

test('bodies that are refused hold no place and no bytes while their rest is thrown away', async () => {
  const { at, server } = await start({ queue: 1, queueBytes: 4_000_000, maxBytes: 2_000_000 });
  const { port } = server.app.server.address() as AddressInfo;
  const head = 'POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: ';
  const refused = [
    `${head}image/png\r\ncontent-length: 9000000000000000\r\n\r\nabc`,
    `${head}image/png\r\ncontent-length: 9000000000000000\r\n\r\nabc`,
    `${head}multipart/form-data; boundary=b\r\ncontent-length: 2000000\r\n\r\n--b\r\n\r\n\r\n--b--\r\n`,
  ];
  const sockets: Socket[] = [];
  for (const text of refused) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(text);
    assert.match(await new Promise((resolve) => socket.once('data', (data) => resolve(`${data}`))), /^HTTP\/1.1 4/);
    assert.not(socket.readableEnded);
    const picture = await wavePicture(64, 48, 3, 'png');
    assert.is((await post(`${at}/v1/classify`, picture, { 'content-type': 'image/png' })).status, 200);
  }
  for (const socket of sockets) socket.destroy();
  await server.close();
});

test('JSON is counted in its text', async () => {
  const problem = (text: string): string => {
    try {
      parseJson(Buffer.from(text), 16);
    } catch (error) {
      assert.instance(error, Problem);
      return (error as Problem).code + (error as Problem).message;
    }
    return 'none';
  };
  assert.match(problem(`{"images":[${'"aaaa",'.repeat(1e6)}""]}`), /^TOO_LARGEa request may have 16 images/);
  assert.match(problem(`{${'"a":1,'.repeat(1e6)}"b":1}`), /^TOO_LARGE/);
  assert.match(problem('['.repeat(5000) + ']'.repeat(5000)), /^BAD_REQUESTthe JSON is nested more than 32 deep/);
  assert.match(problem('{"a":'.repeat(5000)), /nested/);
  assert.match(problem(`{"a":${'x'.repeat(10_000)}}`), /^BAD_REQUESTthe JSON is broken: .{1,100}$/s);
  assert.is(problem(`{"image":"${'[,{\\"'.repeat(10_000)}"}`), 'none');
  assert.equal(parseJson(Buffer.from('\ufeff{"a":"\\\\","b":[{"c":["é"]}]}'), 1), { a: '\\', b: [{ c: ['é'] }] });
});

test('JSON may have half of the bytes', async () => {
  const { at, server } = await start({ maxBytes: 10_000 });
  const send = (length: number) =>
    post(`${at}/v1/classify`, JSON.stringify({ image: 'a'.repeat(length) }), { 'content-type': 'application/json' });
  assert.match(problemOf(await send(6000)), /^413 TOO_LARGE: a request of this type may have 5000 bytes/);
  assert.is((await send(4000)).status, 422);
  await server.close();
});

test('a broken form is its sender\u2019s fault, a fault of the service is not', async () => {
  const limits = { maxBytes: 1000, maxFiles: 2, maxPixels: 1e6 };
  const asked = (parts: () => AsyncGenerator<object>) =>
    receive({ isMultipart: () => true, headers: {}, parts } as unknown as FastifyRequest, limits);
  const broken = asked(async function* () {
    yield* [];
    throw new Error('Unexpected end of multipart data');
  });
  const error = await broken.catch((error) => error);
  assert.instance(error, Problem);
  assert.match(error.message, /^the form is broken: Unexpected end/);
  const ours = asked(async function* () {
    yield { type: 'file', toBuffer: async () => null };
  });
  assert.instance(await ours.catch((error) => error), TypeError);

  const { at, server } = await start();
  Object.assign(server.models[0], { answer: () => Promise.reject(new TypeError('a fault')) });
  lines.length = 0;
  const reply = await post(`${at}/v1/classify`, form({ 'a.png': await wavePicture(64, 48, 3, 'png') }));
  assert.match(problemOf(reply), /^500 INTERNAL: an internal error; see the log/);
  assert.ok(lines.some((line) => JSON.parse(line).level === 50 && line.includes('a fault')));
  await server.close();
});

test('a caller that goes is logged as information', async () => {
  const { server } = await start();
  const socket = await beginBody(server, 5000);
  socket.destroy();
  while (!lines.some((line) => line.includes('the caller has gone'))) await sleep(1);
  assert.equal([...new Set(lines.map((line) => JSON.parse(line).level))], [30]);
  await server.close();
});

test('a service with a form that never ends closes when the form\u2019s time is up', async () => {
  const { server } = await start({ timeoutSeconds: 1, graceSeconds: 86_400 });
  const { port } = server.app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  lines.length = 0;
  const head = 'POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\n';
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n`);
  while (!lines.some((line) => line.includes('incoming request'))) await sleep(1);
  const answer = answerOf(socket);
  await server.close();
  assert.match(await answer, /^HTTP\/1\.1 408 .*"REQUEST_TIMEOUT"/s);
});

test.run();
