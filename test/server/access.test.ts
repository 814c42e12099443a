import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, type Server, type ServerOptions } from '../../server/index.ts';
import { projectRoot } from '../shared-data.ts';

const test = suite('access');
const model = join(projectRoot, 'models', 'cifar10-resnet20.safetensors');

/** What comes back for bytes that are sent, until the connection is closed. */
function exchange(server: Server, text: string): Promise<string> {
  const { port } = server.app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}
const statusFor = async (server: Server, host: string, path = '/healthz'): Promise<number> => {
  const answer = await exchange(server, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
};
const start = async (options: Partial<ServerOptions> = {}): Promise<Server> => {
  const server = await createServer({ models: ['cifar10-resnet20'], threads: 1, ...options });
  await server.listen({ port: 0 });
  return server;
};

test('without a token, who asks by a name that is not the service\u2019s is turned away', async () => {
  const server = await start({ allowHosts: ['GPU.example.', 'bücher.example'] });
  const own = ['localhost', 'localhost:8080', 'LOCALHOST:1', 'localhost.', '127.0.0.1:8080', '[::1]:8080', '[::1]'];
  for (const host of [
    ...own,
    '192.168.1.7',
    'gpu.example',
    'Gpu.Example:80',
    'gpu.example.:80',
    'xn--bcher-kva.example',
  ])
    assert.is(await statusFor(server, host), 200, host);
  const others = ['evil.example', 'evil.example:8080', 'localhost.evil.example', 'evil.example.', '127.0.0.1.nip.io'];
  for (const host of [
    ...others,
    'gpu.example.evil.example',
    'x.gpu.example',
    '',
    'localhost:80:80',
    'a@localhost',
    '[evil]',
  ])
    assert.is(await statusFor(server, host), 403, host);
  for (const path of ['/', '/v1/models', '/metrics', '/openapi.json', '/samples.json', '/nothing', '/errors.js'])
    assert.is(await statusFor(server, 'evil.example', path), 403, path);
  assert.is(await statusFor(server, 'localhost', 'http://evil.example/healthz'), 403);
  assert.is(await statusFor(server, 'evil.example', 'http://localhost/healthz'), 200);
  // Programs of old, not browsers.
  assert.match(await exchange(server, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200/);
  const { body } = await server.app.inject({ url: '/healthz', headers: { host: `${'e'.repeat(200)}.example` } });
  const { error } = JSON.parse(body);
  assert.is(error.code, 'HOST_NOT_ALLOWED');
  assert.match(error.message, /e…; start it with --allow-host e+…, or with --token$/);
  assert.ok(error.message.length < 250);
  await server.close();
});

test('with a token any name will do', async () => {
  const server = await start({ token: 'correct horse' });
  assert.is(await statusFor(server, 'evil.example'), 200);
  assert.is(await statusFor(server, 'evil.example', '/v1/models'), 401);
  await server.close();
});

test('the name that it listens on is its own; names that are none are refused', async () => {
  const server = await createServer({ models: ['cifar10-resnet20'], threads: 1 });
  const ask = async () =>
    (await server.app.inject({ url: '/healthz', headers: { host: 'gpu.invalid:80' } })).statusCode;
  assert.is(await ask(), 403);
  await server.listen({ host: 'gpu.invalid', port: 0 }).catch(() => {}); // there is no such name, but it was given
  assert.is(await ask(), 200);
  await server.close();
  for (const name of ['https://example.org', 'example.org:80', '', 'a b']) {
    const message = await createServer({ models: ['cifar10-resnet20'], allowHosts: [name] }).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    assert.match(message, /allowHosts.*host name/, name);
  }
});

test('what loading a model says is logged', async () => {
  const bytes = readFileSync(model);
  const length = Number(bytes.readBigUInt64LE());
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const named = Object.entries(tensors).map(([name, tensor]) => [`module.${name}`, tensor]);
  const header = Buffer.from(JSON.stringify({ __metadata__, ...Object.fromEntries(named) }));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const folder = mkdtempSync(join(tmpdir(), 'access-'));
  const file = join(folder, 'wrapped.safetensors');
  writeFileSync(file, Buffer.concat([size, header, bytes.subarray(8 + length)]));
  const lines: string[] = [];
  const server = await createServer({ models: [file], threads: 1 }, { write: (line) => lines.push(line) });
  await server.close();
  rmSync(folder, { recursive: true });
  const { level, msg } = JSON.parse(lines[0]);
  assert.is(level, 40);
  assert.match(msg, /wrapped\.safetensors.*module\./);
});

test.run();
