import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, type Server } from '../../server/index.ts';
import { form, post, problemOf } from './ask.ts';
import { wavePicture } from './small-models.ts';

const test = suite('refusals');
let server: Server;
let at: string;
let picture: Buffer;

test.before(async () => {
  server = await createServer({ models: ['cifar10-resnet20'], threads: 1, queue: 1 });
  at = await server.listen({ port: 0 });
  picture = await wavePicture(64, 48, 3, 'png');
});
test.after(() => server.close());

/** Head and body of the answer to a request as text, and whatever else comes before the connection ends. */
async function answerTo(text: string): Promise<{ head: string; body: string }> {
  const { port } = server.app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const data of socket) answer += data;
  const [head, ...body] = answer.split('\r\n\r\n');
  return { head, body: body.join('\r\n\r\n') };
}
const ask = (line: string, headers = 'host: localhost', body = '') =>
  answerTo(`${line} HTTP/1.1\r\nconnection: close\r\n${headers}\r\n\r\n${body}`);
const image = (length: string) => `host: localhost\r\ncontent-type: image/png\r\n${length}`;

test('whatever is refused has the shape of every problem', async () => {
  const long = 'b'.repeat(300);
  const cases: readonly [line: string, headers: string | undefined, body: string, status: number, code: string][] = [
    ['GET /%', undefined, '', 400, 'BAD_REQUEST'],
    ['GET /%ff', undefined, '', 400, 'BAD_REQUEST'],
    [`GET /v1/models/${'y'.repeat(900)}`, undefined, '', 404, 'NOT_FOUND'],
    ['GET /nothing', undefined, '', 404, 'NOT_FOUND'],
    ['POST /v1/classify', image('transfer-encoding: chunked'), 'zz\r\nabc\r\n', 400, 'BAD_REQUEST'],
    ['POST /v1/classify', image('transfer-encoding: chunked\r\ncontent-length: 4'), 'abcd', 400, 'BAD_REQUEST'],
    ['POST /v1/classify', image('content-length: x'), '', 400, 'BAD_REQUEST'],
    ['GET /healthz', `host: localhost\r\nx: ${'y'.repeat(20_000)}`, '', 431, 'HEADERS_TOO_LARGE'],
    ['GET /healthz', 'host: localhost\r\nhost: evil.example', '', 400, 'BAD_REQUEST'],
    ['GET /healthz', 'accept: */*', '', 400, 'BAD_REQUEST'],
    ['PUT /v1/classify', undefined, '', 405, 'METHOD_NOT_ALLOWED'],
    ['POST /v1/models/cifar10-resnet20', undefined, '', 405, 'METHOD_NOT_ALLOWED'],
    ['POST /', undefined, '', 405, 'METHOD_NOT_ALLOWED'],
    ['POST /v1/classify', image('content-encoding: gzip\r\ncontent-length: 3'), 'abc', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'POST /v1/classify',
      `host: localhost\r\ncontent-type: multipart/form-data; boundary=${long}\r\ncontent-length: 600`,
      `--${long}\r\n`.padEnd(600),
      400,
      'BAD_REQUEST',
    ],
  ];
  for (const [line, headers, sent, status, code] of cases) {
    const { body, head } = await ask(line, headers, sent);
    const what = `${line} ${headers ?? ''}: ${head} ${body}`.slice(0, 1000);
    assert.ok(head.startsWith(`HTTP/1.1 ${status} `), what);
    assert.match(head, /content-type: application\/json; charset=utf-8/i, what);
    const { error, ...others } = JSON.parse(body);
    assert.equal(others, {}, what);
    assert.is(error.code, code, what);
    assert.ok(error.message.length > 5 && error.message.length < 300, what);
    assert.not.match(error.message, /FST_|busboy|fastify/i, what);
  }
});

test('a method that a path does not take is told those that it takes, at once', async () => {
  const allowOf = ({ head }: { head: string }) => /^allow: (.*)$/im.exec(head)?.[1].trim();
  assert.is(allowOf(await ask('PUT /v1/classify')), 'POST');
  assert.is(allowOf(await ask('DELETE /v1/models')), 'GET, HEAD');
  assert.is(allowOf(await ask('POST /v1/models/a/model.onnx')), 'GET, HEAD');
  const headers = image('content-length: 3');
  for (const asked of [await ask('HEAD /v1/classify'), await ask('HEAD /v1/classify', headers, 'abc')]) {
    assert.match(asked.head, /^HTTP\/1\.1 405 /);
    assert.is(allowOf(asked), 'POST');
    assert.is(asked.body, '');
  }
});

test('names that are not known are refused, each named, and what stands twice', async () => {
  const query = async (text: string, type = 'image/png') =>
    problemOf(await post(`${at}/v1/classify?${text}`, picture, { 'content-type': type }));
  assert.is(
    await query('tpo=3&a=1'),
    '400 BAD_REQUEST: "tpo", "a": not known in the query of /v1/classify, which takes model, top, file',
  );
  assert.match(await query('top[]=3'), /^400 BAD_REQUEST: "top\[\]": not known/);
  assert.match(await query('score=.3'), /"score": not known in the query of \/v1\/classify/);
  assert.match(await query('top=0x3'), /^400 BAD_REQUEST: top must be a whole number/);
  assert.match(await query('top=3&top=4'), /^400 BAD_REQUEST: top must be a whole number/);
  const ofForm = async (fields: Record<string, string>, at: string) =>
    problemOf(await post(at, form({ 'a.png': picture }, fields)));
  assert.match(await ofForm({ scor: '.1' }, `${at}/v1/classify`), /"scor": not known beside the images/);
  assert.match(await ofForm({}, `${at}/v1/classify?file=a`), /"file": not known in the query/);
  const twice = form({ 'a.png': picture }, { top: '1' });
  twice.append('top', '2');
  assert.match(problemOf(await post(`${at}/v1/classify`, twice)), /"top" is in the form twice/);
  assert.match(await ofForm({ top: '2' }, `${at}/v1/classify?top=3`), /top is in the query and in the body; give one/);
  const image = picture.toString('base64');
  const ofJson = async (body: object) =>
    problemOf(await post(`${at}/v1/classify`, JSON.stringify(body), { 'content-type': 'application/json' }));
  assert.match(await ofJson({ image, tops: 3 }), /"tops": not known/);
  assert.match(await ofJson({ image, images: [image] }), /give image or images, not both/);
  assert.match(await ofJson({ images: [{ data: image, name: 'a' }] }), /images\[0\] must be base64, or \{"file"/);
  assert.match(await ofJson({ images: [{ data: image, file: 7 }] }), /images\[0\] must be base64, or \{"file"/);
  const manyNames = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 1]));
  assert.match(await ofJson({ image, ...manyNames }), /"k4" and 4 more: not known/);
});

test('--cors takes origins alone: any other would match no page', async () => {
  for (const wrong of ['foo', 'example.org', 'https://example.org/', 'https://example.org:443', 'null', '']) {
    await createServer({ models: ['cifar10-resnet20'], cors: [wrong] }).then(
      () => assert.unreachable(wrong),
      (error: Error) => assert.match(error.message, /^server: config: cors\.0: must be an origin/, wrong),
    );
  }
  const open = await createServer({ models: ['cifar10-resnet20'], threads: 1, cors: ['*'] });
  const { headers } = await open.app.inject({ url: '/healthz', headers: { origin: 'https://example.org' } });
  assert.is(headers['access-control-allow-origin'], '*');
  await open.close();
});

test('bodies in flight are in the metrics, and /readyz knows them', async () => {
  const { port } = server.app.server.address() as AddressInfo;
  const metrics = async () => await (await fetch(`${at}/metrics`)).text();
  assert.match(await metrics(), /^resnet_coco_request_bytes 0$/m);
  assert.is((await fetch(`${at}/readyz`)).status, 200);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 5000\r\n\r\nabc',
  );
  let text = '';
  while (!/^resnet_coco_bodies_coming 1$/m.test(text)) text = await metrics();
  assert.match(text, /^resnet_coco_request_bytes 5000$/m);
  socket.destroy();
  while (!/^resnet_coco_request_bytes 0$/m.test(text)) text = await metrics();
  assert.is((await fetch(`${at}/readyz`)).status, 200);
});

test.run();
