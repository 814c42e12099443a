import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requestLine } from '../../../cli/terminal/request-line.ts';
import { createServer } from '../../../server/index.ts';

const test = suite('request lines');

test('a request is one line, without its query', async () => {
  const lines: (string | undefined)[] = [];
  const log = { write: (json: string) => lines.push(requestLine(json)) };
  const server = await createServer({ models: ['cifar10-resnet20'], threads: 1 }, log);
  const ask = async (method: 'GET' | 'PUT', url: string) =>
    await server.app.inject({ method, url, headers: { host: 'localhost' } });
  assert.is((await ask('GET', '/healthz?a=secret')).statusCode, 200);
  assert.is((await ask('PUT', '/v1/classify')).statusCode, 405);
  assert.is((await ask('GET', '/%')).statusCode, 400);
  await server.close();
  const told = lines.filter((line) => line !== undefined);
  assert.match(told[0], /^\d\d:\d\d:\d\d 200 GET \/healthz in \d+ ms$/);
  assert.match(told[1], /^\d\d:\d\d:\d\d 405 PUT \/v1\/classify in \d+ ms$/);
  assert.not(told.some((line) => line.includes('secret')));
});

test('warnings and errors are told as such', () => {
  const line = (entry: object) => requestLine(`${JSON.stringify({ time: 0, pid: 1, ...entry })}\n`)?.slice(9);
  assert.is(line({ level: 30, msg: 'incoming request', req: { method: 'GET', url: '/' } }), undefined);
  assert.is(line({ level: 30, msg: 'the caller has gone' }), 'the caller has gone');
  assert.is(line({ level: 40, msg: 'old weights' }), 'warning: old weights');
  assert.is(line({ level: 50, msg: 'no', err: { stack: 'Error: no\n at a' } }), 'error: Error: no\n at a');
});

test.run();
