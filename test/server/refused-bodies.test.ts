import { type AddressInfo, connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, type Server } from '../../server/index.ts';
import { form, post, problemOf } from './ask.ts';

const test = suite('refused bodies');
const MAX_BYTES = 100_000;
/** More than what lies between the two ends of a connection, so that it is still being sent when it is refused. */
const LARGE = Buffer.alloc(16_000_000);
const TRIES = 3;

let server: Server;
let at: string;
test.before(async () => {
  server = await createServer({ models: ['cifar10-resnet20'], threads: 1, maxBytes: MAX_BYTES });
  at = await server.listen({ port: 0 });
});
test.after(() => server.close());

const png = { 'content-type': 'image/png' };

test('a body over the limit gets its answer, however it is sent', async () => {
  for (let i = 0; i < TRIES; i++) {
    assert.match(problemOf(await post(`${at}/v1/classify`, LARGE, png)), /^413 TOO_LARGE/);
    assert.match(problemOf(await post(`${at}/v1/classify`, form({ a: LARGE }))), /^413 TOO_LARGE/);
    const stream = new Blob([LARGE]).stream();
    const chunked = await fetch(`${at}/v1/classify`, {
      method: 'POST',
      body: stream,
      headers: png,
      duplex: 'half',
    } as RequestInit);
    assert.is(chunked.status, 413);
    assert.match(await chunked.text(), /TOO_LARGE/);
  }
});

test('so does one that is refused for something else', async () => {
  for (let i = 0; i < TRIES; i++) {
    assert.match(problemOf(await post(`${at}/v1/nothing`, LARGE, png)), /^404 NOT_FOUND/);
    assert.match(problemOf(await post(`${at}/v1/classify`, LARGE, { 'content-type': 'text/html' })), /^415/);
  }
});

test('the rest of a body that never comes is not waited for', async () => {
  const socket = connect((server.app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(
    `POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 10000000\r\n\r\nabc`,
  );
  let answer = '';
  for await (const data of socket) answer += data;
  assert.match(answer, /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n.*TOO_LARGE.*\}\}$/is);
});

test('a connection whose request was read to its end stays', async () => {
  const socket = connect((server.app.server.address() as AddressInfo).port, '127.0.0.1');
  const request =
    'POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 3\r\n\r\nabc';
  const answers: string[] = [];
  socket.write(request);
  for await (const data of socket) {
    answers.push(String(data));
    if (answers.length === 2) break;
    socket.write(request);
  }
  for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 422 /);
});

test.run();
